"""The first format: logs of the Workflow DevKit before its event-sourced redesign, and kin."""
