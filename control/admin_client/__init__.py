"""What pipelines do with the admin from elsewhere: upload, publish, roll out, roll back, over its HTTP API."""
