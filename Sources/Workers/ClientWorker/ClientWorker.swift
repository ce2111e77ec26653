// ClientWorker
