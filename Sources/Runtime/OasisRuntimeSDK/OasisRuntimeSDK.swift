// OasisRuntimeSDK: see docs/architecture.md.
