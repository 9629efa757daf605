package prose

// enAPI: the error codes of the API.
var enAPI = map[string]Entry{}
