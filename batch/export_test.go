package batch

// FreeAhead is the bound of the rows that are read ahead without a quota.
const FreeAhead = freeAhead
