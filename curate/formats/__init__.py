"""Raw dumps in: files to records, records to traces."""
