// MKVS: see docs/architecture.md.
