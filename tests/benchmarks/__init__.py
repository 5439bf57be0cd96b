"""What `aprendiz bench` runs."""
