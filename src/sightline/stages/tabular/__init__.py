"""Read tables of text (CSV, TSV) and workbooks (XLSX), and the rules for their cells, for tips and replies."""
