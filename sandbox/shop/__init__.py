"""An invented web shop as it stands in the sandbox: other names, ports, pages and settings than Hokusai's."""
