// Tests of MKVS.
