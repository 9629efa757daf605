package prose

// enFiles: inputs that cannot be used and copies that cannot be faithful.
var enFiles = map[string]Entry{}
