"""Who is here: visits, presenters and followers, from entering to leaving."""
