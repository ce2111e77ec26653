internal import OasisRuntimeSDK
internal import SimpleKeyValue

// The example ParaTime as a program: a node starts it in its sandbox.
Guest.run(SimpleKeyValue())
