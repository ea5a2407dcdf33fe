"""Scenario discovery: boxes of beliefs and events in which a policy fails, found in some worlds and judged in others."""
