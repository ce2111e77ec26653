// TransactionPool: see docs/architecture.md.
