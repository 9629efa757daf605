package prose

// enWire: why a call has no answer of the API. These codes are ours and stand in brackets.
var enWire = map[string]Entry{
	// nothing was sent
	"(bad-region)": {
		Message: "the region is no region ID",
		Hint:    "Write the ID, such as cn-hangzhou: small letters, digits and hyphens only.",
		Why:     "The region becomes part of the host name that is sent to.",
		Wrong:   "China (Hangzhou)",
		Right:   "cn-hangzhou",
	},
	"(no-such-host)": {
		Message: "the region's host name does not exist",
		Hint:    "Correct Region ID, or check this machine's name server; loabatch doctor tells which it is.",
	},
	"(dns)": {
		Message: "the name server did not answer",
		Hint:    "Check this machine's network and name server, then run again.",
	},
	"(connection-refused)": {
		Message: "nobody answers at the API's address",
		Hint:    "Check --endpoint and the network, then run again.",
	},
	"(unreachable)": {
		Message: "there is no way to the API's address",
		Hint:    "Check this machine's network, then run again.",
	},
	"(proxy)": {
		Message: "the proxy does not connect",
		Hint:    "Check HTTPS_PROXY and NO_PROXY, then run again.",
	},
	"(tls)": {
		Message: "the API's certificate is not trusted",
		Hint:    "If a proxy inspects traffic, have its certificate trusted on this machine; check the clock, too.",
		Why:     "Without a trusted certificate anybody in between could read names and certificate numbers, so nothing was sent.",
	},
	"(credentials)": {
		Message: "the source of the credentials gave no keys",
		Hint:    "Check it with loabatch doctor, then run again.",
	},
	"(client)": {
		Message: "the request could not be made",
		Hint:    "Run again; if it stays, report it with loabatch version.",
	},

	// it may have arrived
	"(timeout)": {
		Message: "no answer came in time",
		Hint:    "Run again; if it happens often, raise --timeout.",
	},
	"(canceled)": {
		Message: "the run was ended while the answer was awaited",
		Hint:    "Run again; the same token goes out, so nothing is applied for twice.",
	},
	"(connection-reset)": {
		Message: "the connection was lost before the answer",
		Hint:    "Run again; the same token goes out, so nothing is applied for twice.",
	},
	"(no-answer)": {
		Message: "the connection was closed without an answer",
		Hint:    "Run again; the same token goes out, so nothing is applied for twice.",
	},
	"(cut-off)": {
		Message: "the answer ended early",
		Hint:    "Run again; the same token goes out, so nothing is applied for twice.",
	},
	"(network)": {
		Message: "the connection failed",
		Hint:    "Check this machine's network, then run again.",
	},
	"(oversized-answer)": {
		Message: "the answer is longer than 1 MiB",
		Hint:    "Check that --endpoint and the proxy lead to the API, then run again.",
	},
	"(odd-answer)": {
		Message: "the answer is none that the API gives",
		Hint:    "Check that --endpoint and the proxy lead to the API, and that no login page stands in between.",
	},
	"(redirect)": {
		Message: "the answer sends us elsewhere, which the API never does",
		Hint:    "Check that --endpoint and the proxy lead to the API, and that no login page stands in between.",
		Why:     "The address holds names and certificate numbers; following would hand them to another host.",
	},
	"(empty-answer)": {
		Message: "the answer is empty",
		Hint:    "Run again; the same token goes out, so nothing is applied for twice.",
	},
	"(server-error)": {
		Message: "the service or a gateway before it failed",
		Hint:    "Run again later; the same token goes out, so nothing is applied for twice.",
	},
	"(throttled)": {
		Message: "too many requests in a short time",
		Hint:    "Run again; if it happens often, lower --rate.",
	},
}
