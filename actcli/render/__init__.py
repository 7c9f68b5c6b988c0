"""What results look like: tables, figures and machine-readable records. Computes nothing."""
