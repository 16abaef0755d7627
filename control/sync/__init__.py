"""How an edge follows its site: asks the admin what to show, fetches what it lacks, and has the node switch."""
