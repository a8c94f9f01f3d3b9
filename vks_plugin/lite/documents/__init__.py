"""Stand-in for the package `documents` of Paperless-ngx: its data and rules, none of its doors."""
