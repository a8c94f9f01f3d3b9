"""Case files of a Vietnamese People's Procuracy inside Paperless-ngx."""

__version__ = "0.1.0"
