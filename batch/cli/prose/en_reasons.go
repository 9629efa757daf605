package prose

// enReasons: why a row has its result and why a run stopped. Where a row has an error
// code of the API, the code's own entry says more and stands beside the reason.
var enReasons = map[string]Entry{
	"reason-accepted": {
		Message: "the API accepted the application",
		Hint:    "Nothing to do; the operator's review of the LOA takes about two working days.",
		Why:     "The API answered with a request ID and no error. An accepted application is not an approved LOA yet: run loabatch status to see where it stands.",
	},
	"reason-answer-lost": {
		Message: "the answer was lost, but the LOA is there with this row's content",
		Hint:    "Nothing to do; the application arrived.",
		Why:     "The connection broke or the API failed after the application had left. Instead of applying blindly again, the run asked where the LOA stands and found it.",
	},
	"reason-in-ledger": {
		Message: "an earlier run had this very row accepted; nothing was sent",
		Hint:    "Nothing to do.",
		Why:     "The ledger holds the API's acceptance of this circuit with the same content, so that running a workbook again never applies twice.",
	},
	"reason-loa-exists": {
		Message: "the circuit has an LOA already",
		Hint:    "Nothing to do, unless that LOA should say something else: then compare it in the console with this row.",
		Why:     "The API holds one LOA for a circuit. This one was applied for by an earlier run, from the console or by somebody else, possibly with other content than this row's.",
	},
	"reason-loa-rejected": {
		Message: "the circuit's LOA was rejected or deleted",
		Hint:    "Correct the row if the rejection asks for it, then run again with --reapply.",
		Why:     "A rejected LOA needs a person's decision: with --reapply the row goes through SecondApplyPhysicalConnectionLOA, without it nothing is applied for again.",
	},
	"reason-valid": {
		Message: "nothing stands against this row",
		Hint:    "Submit it.",
		Why:     "This was a dry run: the row passed every check and nothing was sent.",
	},
	"reason-no-circuit": {
		Message: "the API would refuse this row now: the account has no circuit {instance} in {region}",
		Hint:    "Compare Instance ID and Region ID with the Express Connect console, and the account with loabatch doctor; then check again.",
		Why:     "The online dry run asked for the circuits of the rows, and the API's list of that region has none of this ID.",
	},
	"reason-not-allocated": {
		Message: "the API would refuse this row now: its circuit's status is {circuit}, not Allocated",
		Hint:    "Wait if the circuit is still being allocated; if it is in use, rejected or cancelled, check the Instance ID.",
		Why:     "An LOA is applied for while the circuit's status is Allocated. Initial, Approved and Allocating come before; Confirmed and Enabled come after; Rejected, Canceled, Allocation Failed and Terminated are ends.",
	},
	"reason-locked": {
		Message: "the API would refuse this row now: its circuit is locked (business status {circuit})",
		Hint:    "Have the circuit unlocked: FinancialLocked by paying what is owed, SecurityLocked by Alibaba Cloud's support; then check again.",
		Why:     "An LOA is applied for while the circuit's business status is Normal. The online dry run read another one.",
	},
	"reason-unasked": {
		Message: "the API could not be asked about this row's circuit",
		Hint:    "Run again later; the error code says what came in between.",
		Why:     "The online dry run read no whole answer about the circuit through all attempts (--max-attempts), so nothing is predicted for the row.",
	},
	"reason-invalid": {
		Message: "the row was not sent, because of errors in its cells",
		Hint:    "Fix the cells that the Errors sheet links to, then run again.",
		Why:     "An application that the API would refuse costs quota and raises the row's generation; so it is checked before anything is sent.",
	},
	"reason-refused": {
		Message: "the API refused it for good: {meaning}",
		Hint:    "Fix the row or the circuit as the error code says, then run again.",
		Why:     "The answer says that the same request would be refused again, so it was not repeated.",
	},
	"reason-attempts": {
		Message: "every attempt failed; the API holds no application",
		Hint:    "Run again later.",
		Why:     "The API was unreachable, busy or throttled through all attempts (--max-attempts). None of them took effect: they were either not sent, or answered, and a last lookup found no LOA.",
	},
	"reason-unsettled": {
		Message: "the application may have arrived, and no lookup could tell",
		Hint:    "Run again: the row keeps its token, so no second application can come of it.",
		Why:     "An answer was lost, and the LOA could not be looked up or was not there yet. The next run looks it up before it sends anything.",
	},
	"reason-withheld": {
		Message: "the row was withheld, because another row is invalid (--all-or-nothing)",
		Hint:    "Fix the invalid rows, then run again.",
		Why:     "With --all-or-nothing a workbook is sent whole or not at all.",
	},
	"reason-interrupted": {
		Message: "the run was interrupted before this row's turn",
		Hint:    "Run again; it goes on where it stopped.",
		Why:     "A signal ended the run. What was in flight was finished and recorded.",
	},
	"reason-duration": {
		Message: "the run's time was over before this row's turn (--max-duration)",
		Hint:    "Run again; it goes on where it stopped.",
		Why:     "No row is started after --max-duration, so that a nightly run ends by morning.",
	},
	"reason-max-failures": {
		Message: "the run stopped before this row's turn: too many rows had failed (--max-failures)",
		Hint:    "Look at the rows that failed; when the cause is mended, run again.",
		Why:     "Many failures have one cause more often than many. The limit keeps the rest of the workbook from running into it.",
	},
	"reason-stopped": {
		Message: "the run stopped before this row was accepted: the API's answer holds for every row",
		Hint:    "Mend the credentials, the permission or the account as the error code says, then run again.",
		Why:     "Wrong credentials, a missing permission or arrears refuse every row alike, so no further row was sent.",
	},
	"reason-refused-all": {
		Message: "the API refused it, with an answer that holds for the whole run: {meaning}",
		Hint:    "Mend the credentials, the permission or the account as the error code says, then run again.",
		Why:     "The row was sent, and nothing was applied for. The answer is about the account and not about the row, so the run stopped and the row waits for the next one.",
	},
	"reason-region": {
		Message: "the region is unknown or cannot be reached",
		Hint:    "Check the region ID and this machine's name resolution, then run again.",
		Why:     "The region's host name does not resolve, or the API does not know the region. Rows of other regions went on.",
	},
	"reason-ledger-failed": {
		Message: "the row was not sent, because the ledger could not be written",
		Hint:    "Make room on the disk or mend the ledger's path (loabatch doctor tells), then run again.",
		Why:     "Nothing is sent before the ledger has it: otherwise a crash could lead to a second application.",
	},
	"reason-skipped": {
		Message: "left out by --only",
		Hint:    "Run without --only, or name this row's result.",
		Why:     "--only takes rows by their last result: the ledger's, else the Result column's.",
	},

	"stop-fatal": {
		Message: "the API's answer {code} holds for every row; nothing more was sent",
		Hint:    "Mend the credentials, the permission or the account, then run the same again.",
		Why:     "Going on would only repeat the same refusal for every row.",
	},
	"stop-max-failures": {
		Message: "too many rows were refused or failed (--max-failures); nothing more was sent",
		Hint:    "Look at the rows that failed; when the cause is mended, run the same again.",
		Why:     "Many failures have one cause more often than many.",
	},
	"stop-duration": {
		Message: "the run's time was over (--max-duration)",
		Hint:    "Run the same again; it goes on where it stopped.",
		Why:     "No row is started after --max-duration; what was in flight was finished.",
	},
	"stop-ledger": {
		Message: "the ledger could not be written; nothing more was sent",
		Hint:    "Make room on the disk or mend the ledger's path (loabatch doctor tells), then run the same again.",
		Why:     "Without a ledger a crash could lead to a second application, so nothing is sent that it does not hold.",
	},
	"stop-interrupted": {
		Message: "the run was interrupted; what was in flight was finished and recorded",
		Hint:    "Run the same again; it goes on where it stopped.",
		Why:     "The first signal drains: nothing new is started. The second one leaves at once; the ledger has everything.",
	},
}

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
