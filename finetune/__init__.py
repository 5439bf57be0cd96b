"""From company data and export to a promoted model."""
