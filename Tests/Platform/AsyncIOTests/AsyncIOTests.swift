// Tests of AsyncIO.
