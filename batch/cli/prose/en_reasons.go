package prose

// enReasons: why a row has its result and why a run stopped.
var enReasons = map[string]Entry{}
