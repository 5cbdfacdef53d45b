"""Doors for other programs: `kb api` (HTTP) and `kb mcp` (Model Context Protocol), both on the table of operations."""
