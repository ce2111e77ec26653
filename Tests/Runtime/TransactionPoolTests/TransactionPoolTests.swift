// Tests of TransactionPool.
