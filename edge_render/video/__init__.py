"""Live and recorded 360° video: opened, decoded once for all who look at it, and handed over one picture deep."""
