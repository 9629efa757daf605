package prose

// enLetters: why there is no letter, why its text cannot be read, and how it differs from the row.
var enLetters = map[string]Entry{
	// not fetched
	"letter-url": {
		Message: "the API gave an address for the letter that is not an https URL",
		Hint:    "Download the letter in the Express Connect console, and report this to Alibaba Cloud.",
		Why:     "Over plain HTTP anyone on the network path could read or replace the letter. Plain HTTP is for a simulator on this machine only.",
	},
	"letter-address": {
		Message: "the letter's host has the address {address}, which is not public; nothing was fetched from there",
		Hint:    "Check the name servers of this machine, or download the letter in the Express Connect console.",
		Why:     "An address inside a network can belong to a service that trusts every caller, such as the metadata service of a cloud server.",
		Source:  "IANA special-purpose address registries",
	},
	"letter-proxy": {
		Message: "the letter was not fetched: the proxy cannot be used",
		Hint:    "Check HTTPS_PROXY and NO_PROXY with loabatch doctor.",
		Why:     "A proxy that asks for a password, redirects or cannot be reached fetches nothing.",
	},
	"letter-tls": {
		Message: "the letter was not fetched: the certificate of {host} cannot be verified",
		Hint:    "Check the clock and the certificates of this machine, and whether a proxy intercepts TLS.",
		Why:     "Without a valid certificate the letter could come from anyone.",
	},
	"letter-connection": {
		Message: "the letter was not fetched: could not connect to {host}, or the connection broke",
		Hint:    "Run the command again later; the next run fetches the letter.",
	},
	"letter-timeout": {
		Message: "the letter was not fetched: {host} did not send it within {limit} seconds",
		Hint:    "Run the command again later; the next run fetches the letter.",
	},
	"letter-redirect": {
		Message: "the letter was not fetched: {host} answered with a redirect (HTTP {status})",
		Hint:    "Check whether a sign-in page or proxy intercepts connections here, or download the letter in the Express Connect console.",
		Why:     "The API names the place of the letter itself. A redirect could lead into the private network, so none is followed.",
	},
	"letter-expired": {
		Message: "the link to the letter has expired (HTTP {status})",
		Hint:    "Run the command again: it asks the API for a new link.",
		Why:     "Such links are signed and valid for a limited time.",
	},
	"letter-status": {
		Message: "the letter was not fetched: {host} answered with HTTP {status}",
		Hint:    "Run the command again later; the next run fetches the letter.",
	},
	"letter-too-large": {
		Message: "the letter was not fetched: it is larger than {limit} MiB",
		Hint:    "Download it in the Express Connect console and check what it is.",
		Why:     "A letter is a page or two. A limit keeps a wrong file from filling disk and memory.",
	},
	// not a letter
	"letter-not-pdf": {
		Message: "what was fetched as the letter is not a PDF, and was not kept",
		Hint:    "Run the command again later, or download the letter in the Express Connect console.",
		Why:     "Servers and proxies sometimes report an error as a page that looks like success.",
	},
	"letter-damaged": {
		Message: "the letter is a damaged or incomplete PDF, and was not kept",
		Hint:    "Run the command again later, or download the letter in the Express Connect console.",
		Why:     "The file has no end mark, or no PDF reader could open it.",
		Source:  "ISO 32000-1, 7.5",
	},
	// not kept
	"letter-disk-full": {
		Message: "the letter could not be kept: the disk is full",
		Hint:    "Free up some space, or name another folder with --download, and run the command again.",
	},
	"letter-folder": {
		Message: "the letter could not be written to {path}: {reason}",
		Hint:    "Check who may write to the folder, or name another one with --download.",
	},
	"letter-taken": {
		Message: "the letter could not be kept: {path} is another file, a folder or a symbolic link",
		Hint:    "Move it away, or name another folder with --download.",
		Why:     "No file is ever replaced by a letter: it may be the one that was sent to the carrier.",
	},
	// not read
	"letter-no-text": {
		Message: "the letter was kept, but it has no text that can be read: it may be a scan",
		Hint:    "Check the circuit and the company in it yourself.",
		Why:     "The letter is compared with the row by its text. A scan is an image.",
	},
	"letter-encrypted": {
		Message: "the letter was kept, but its text cannot be read: it opens with a password",
		Hint:    "Check the circuit and the company in it yourself.",
	},
	"letter-text-failed": {
		Message: "the letter was kept, but its text cannot be read: it is too large or too complex",
		Hint:    "Check the circuit and the company in it yourself.",
		Why:     "PDFs are read in a sandbox with limited memory and time, as a damaged or hostile one must not stop a run.",
	},
	// not what was applied for
	"letter-other-circuit": {
		Message: "the letter names circuit {found}; the row is about {want}",
		Hint:    "Do not pass the letter on. Ask Alibaba Cloud for the right one in a ticket.",
		Why:     "The site admits the carrier's people for the circuit in the letter only.",
	},
	"letter-no-circuit": {
		Message: "the letter does not name the circuit {want}",
		Hint:    "Open the letter and check that it is the right one before you pass it on.",
		Why:     "It was fetched for this circuit, but nothing in its text confirms that.",
	},
	"letter-other-company": {
		Message: "the letter is for {found}; the row says {want}",
		Hint:    "Do not pass the letter on. Compare the name with the registered one, and ask Alibaba Cloud in a ticket.",
		Why:     "Spaces, line breaks, full-width characters, punctuation and case make no difference.",
	},
	"letter-no-company": {
		Message: "the letter does not name the company {want}",
		Hint:    "Open the letter and check that it is the right one before you pass it on.",
		Why:     "Spaces, line breaks, full-width characters, punctuation and case make no difference.",
	},
}
