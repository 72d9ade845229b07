//! What to do about a finding: revoke first, then replace, investigate, document.
