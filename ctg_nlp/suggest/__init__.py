"""From passages to suggestions: cues, assertion status, facts."""
