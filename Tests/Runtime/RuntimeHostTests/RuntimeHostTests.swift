// Tests of RuntimeHost.
