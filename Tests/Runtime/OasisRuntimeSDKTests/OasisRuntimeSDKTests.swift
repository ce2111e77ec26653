// Tests of OasisRuntimeSDK.
