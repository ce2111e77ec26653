// Tests of RuntimeBundle.
