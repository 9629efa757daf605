package prose

// enReasons: why a row has its result and why a run stopped. If the API gave an error
// code, the entry of that code says more and is shown with the reason.
var enReasons = map[string]Entry{
	"reason-accepted": {
		Message: "the API accepted the application",
		Hint:    "Nothing to do; the LOA review takes about two working days.",
		Why:     "The API answered with a request ID and no error. An accepted application is not an approved LOA yet: loabatch status FILE follows it.",
	},
	"reason-answer-lost": {
		Message: "the answer was lost, but the LOA exists and matches this row",
		Hint:    "Nothing to do; the application arrived.",
		Why:     "The connection broke or the API failed after the application had been sent. Instead of applying again, the run looked up the LOA and found it.",
	},
	"reason-in-ledger": {
		Message: "this row was accepted in an earlier run; nothing was sent",
		Hint:    "Nothing to do.",
		Why:     "The ledger shows that the API accepted this circuit with the same content. Running a workbook again never applies twice.",
	},
	"reason-loa-exists": {
		Message: "the circuit already has an LOA",
		Hint:    "Nothing to do, unless that LOA should have other content: compare it in the console with this row.",
		Why:     "A circuit has only one LOA. This one was applied for in an earlier run, in the console or by someone else, and its content may differ from this row.",
	},
	"reason-loa-rejected": {
		Message: "the circuit's LOA was rejected or deleted; only --reapply applies for another one",
		Hint:    "Correct the row if the rejection asks for it, then run again with --reapply.",
		Why:     "Someone has to decide what to do about a rejected LOA. With --reapply, the row goes through SecondApplyPhysicalConnectionLOA; without it, nothing is sent.",
	},
	"reason-valid": {
		Message: "the row passed every check",
		Hint:    "Submit it.",
		Why:     "This was a dry run: nothing was sent.",
	},
	"reason-no-circuit": {
		Message: "the API would reject this row now: the account has no circuit {instance} in {region}",
		Hint:    "Compare Instance ID and Region ID with the Express Connect console, and check the account with loabatch doctor; then check again.",
		Why:     "The online dry run listed the account's circuits in that region, and this ID was not among them.",
	},
	"reason-not-allocated": {
		Message: "the API would reject this row now: the circuit's status is {circuit}, not Allocated",
		Hint:    "Wait if the circuit is still being allocated; if it is in use, rejected or cancelled, check the Instance ID.",
		Why:     "An LOA can be applied for only while the circuit's status is Allocated. Initial, Approved and Allocating come before it, Confirmed and Enabled after it; Rejected, Canceled, Allocation Failed and Terminated are final.",
	},
	"reason-locked": {
		Message: "the API would reject this row now: the circuit is locked (business status {circuit})",
		Hint:    "Have the circuit unlocked, then check again. FinancialLocked: pay what is owed. SecurityLocked: contact Alibaba Cloud support.",
		Why:     "An LOA can be applied for only while the circuit's business status is Normal.",
	},
	"reason-unasked": {
		Message: "could not get this circuit's status from the API",
		Hint:    "Run again later; the error code says what went wrong.",
		Why:     "None of the attempts (--max-attempts) to read the circuit's status got a complete answer, so it is not known whether the circuit has an LOA. Nothing was predicted or sent for the row; with --survey off, it is sent without asking first.",
	},
	"reason-invalid": {
		Message: "not sent because of errors in the row's cells",
		Hint:    "Fix the cells that the Errors sheet links to, then run again.",
		Why:     "An application that the API is bound to reject would waste quota and use up a client token, so rows are checked first.",
	},
	"reason-refused": {
		Message: "the API rejected the application: {meaning}",
		Hint:    "Fix the row or the circuit as the error code says, then run again.",
		Why:     "The API would reject the same application again, so it was not repeated.",
	},
	"reason-attempts": {
		Message: "every attempt failed; the API holds no application",
		Hint:    "Run again later.",
		Why:     "The API was unreachable, busy or throttling requests on every attempt (--max-attempts). None of them took effect: each was either not sent or answered, and a final lookup found no LOA.",
	},
	"reason-unsettled": {
		Message: "the application may have arrived; the run could not find out",
		Hint:    "Run again: the token stays the same, which prevents a second application.",
		Why:     "An answer was lost, and the LOA could not be looked up or was not there yet. The next run looks it up before sending anything.",
	},
	"reason-settling": {
		Message: "an earlier request for this circuit may still take effect, so nothing else was sent",
		Hint:    "Run again after {after} UTC: the LOA is then looked up once more and, if there is none, the row is sent.",
		Why:     "The answer to a request was lost, and the row was changed or rejected since. The API may still be working on that request, or not list its LOA yet; ten minutes after it, a lookup can tell.",
	},
	"reason-not-listed": {
		Message: "an earlier run's application was accepted, but the API lists no LOA now; nothing was sent",
		Hint:    "Check the circuit in the Express Connect console; if the LOA was withdrawn there, apply for another one there as well.",
		Why:     "An accepted circuit is applied for again only if the API clearly says that its LOA was rejected or deleted. That it lists none may only mean that a lookup lags. For ten minutes it may also still show the LOA of an earlier application, so a rejection may be that one's.",
	},
	"reason-withheld": {
		Message: "not sent because another row is invalid (--all-or-nothing)",
		Hint:    "Fix the invalid rows, then run again.",
		Why:     "With --all-or-nothing a workbook is sent completely or not at all.",
	},
	"reason-interrupted": {
		Message: "the run was interrupted before it got to this row",
		Hint:    "Run again; it picks up where it stopped.",
		Why:     "A signal stopped the run. What was in flight was finished and recorded.",
	},
	"reason-duration": {
		Message: "the run ran out of time before it got to this row (--max-duration)",
		Hint:    "Run again; it picks up where it stopped.",
		Why:     "No row is started after --max-duration, so a nightly run is over by morning.",
	},
	"reason-max-failures": {
		Message: "the run stopped before it got to this row: too many rows had failed (--max-failures)",
		Hint:    "Check the rows that failed; once the cause is fixed, run again.",
		Why:     "Many failures usually have one cause. The limit keeps the rest of the workbook from running into it.",
	},
	"reason-canary": {
		Message: "not sent because not all of the first rows were accepted (--canary)",
		Hint:    "Check the rows that went first; once the cause is fixed, run again.",
		Why:     "With --canary N, the first N rows that have something to send go first, and the rest follow only when the API has accepted all of them.",
	},
	"reason-stopped": {
		Message: "the run stopped before this row was accepted: the API's answer applies to every row",
		Hint:    "Fix the credentials, the permission or the account as the error code says, then run again.",
		Why:     "With wrong credentials, a missing permission or overdue payments the API rejects every row, so the run stopped.",
	},
	"reason-refused-all": {
		Message: "the API rejected the application, and would reject every other row too: {meaning}",
		Hint:    "Fix the credentials, the permission or the account as the error code says, then run again.",
		Why:     "The row was sent, but nothing was applied for. The answer is about the account, not about the row, so the run stopped and the row waits for the next one.",
	},
	"reason-account": {
		Message: "not sent because the account of the profile {profile} cannot be used",
		Hint:    "Check the Account cell and the profile with loabatch doctor, then run again.",
		Why:     "The credentials of the profile were not found or not accepted, or --expect-account does not list its account. Rows in other accounts are not affected.",
	},
	"reason-region": {
		Message: "the region is unknown or unreachable",
		Hint:    "Check the region ID and this machine's DNS, then run again.",
		Why:     "The region's host name does not resolve, or the API does not know the region. Rows in other regions are not affected.",
	},
	"reason-ledger-failed": {
		Message: "not sent because the ledger could not be written",
		Hint:    "Free up disk space or fix the ledger's path (see loabatch doctor), then run again.",
		Why:     "Nothing is sent before it is recorded in the ledger: otherwise a crash could lead to a second application.",
	},
	"reason-panic": {
		Message: "the run stopped before it got to this row, because of an internal error",
		Hint:    "Run again; it picks up where it stopped. If the error comes back, report it with what loabatch printed.",
		Why:     "After a bug in loabatch nothing new is started. What was in flight was finished and recorded.",
	},
	"reason-review": {
		Message: "the LOA is {loa}; construction can be reported as finished once it is Available",
		Hint:    "Wait, then run again; loabatch status FILE follows it.",
		Why:     "Alibaba Cloud reviews an application for about two working days. Construction can be reported as finished once the letter is out.",
	},
	"reason-no-loa": {
		Message: "the circuit has no LOA, so there is nothing to complete",
		Hint:    "Apply for an LOA first with loabatch submit FILE.",
		Why:     "Construction is reported as finished for an LOA that was approved. This circuit was not applied for, or its LOA was deleted.",
	},
	"reason-unfinished": {
		Message: "the row does not say that construction is finished",
		Hint:    "Write yes under Construction finished once it is, then run again.",
		Why:     "Completion is reported only for rows that say yes.",
	},
	"reason-skipped": {
		Message: "left out by --only",
		Hint:    "Run without --only, or include this row's result in it.",
		Why:     "--only selects rows by their last result: the one in the ledger or, failing that, in the Result column.",
	},

	"stop-fatal": {
		Message: "the API's answer {code} applies to every row; nothing more was sent",
		Hint:    "Fix the credentials, the permission or the account, then run the same command again.",
		Why:     "Going on would only get the same answer for every row.",
	},
	"stop-account": {
		Message: "some of the accounts could not be used or were stopped; the rows of the others went on",
		Hint:    "Fix the credentials, the permission or the account, then run the same command again.",
		Why:     "An answer about an account applies to each of its rows, so nothing more was sent in that account. Rows in other accounts are not affected.",
	},
	"stop-max-failures": {
		Message: "too many rows were refused or failed (--max-failures); nothing more was sent",
		Hint:    "Check the rows that failed; once the cause is fixed, run the same command again.",
		Why:     "Many failures usually have one cause.",
	},
	"stop-canary": {
		Message: "one of the first rows was not accepted (--canary); nothing more was sent",
		Hint:    "Check the rows that went first; once the cause is fixed, run the same command again.",
		Why:     "With --canary N, the first N rows that have something to send go first, and the rest follow only when the API has accepted all of them.",
	},
	"stop-duration": {
		Message: "the run ran out of time (--max-duration)",
		Hint:    "Run the same command again; it picks up where it stopped.",
		Why:     "No row is started after --max-duration; what was in flight was finished.",
	},
	"stop-ledger": {
		Message: "the ledger could not be written; nothing more was sent",
		Hint:    "Free up disk space or fix the ledger's path (see loabatch doctor), then run the same command again.",
		Why:     "Nothing is sent before it is recorded in the ledger: otherwise a crash could lead to a second application.",
	},
	"stop-panic": {
		Message: "the run stopped because of an internal error; nothing more was sent",
		Hint:    "Run the same command again. If the error comes back, report it with what loabatch printed.",
		Why:     "After a bug in loabatch nothing new is started. What was in flight was finished and recorded.",
	},
	"stop-interrupted": {
		Message: "the run was interrupted; what was in flight was finished and recorded",
		Hint:    "Run the same command again; it picks up where it stopped.",
		Why:     "At the first signal the run starts nothing new and finishes what is in flight. At the second it quits at once; the ledger has everything.",
	},
}

// enWire: why a call got no answer from the API. These codes are ours, in parentheses.
var enWire = map[string]Entry{
	// nothing was sent
	"(bad-region)": {
		Message: "the region is not a region ID",
		Hint:    "Write the ID, such as cn-hangzhou: lower-case letters, digits and hyphens only.",
		Why:     "The region becomes part of the API's host name.",
		Wrong:   "China (Hangzhou)",
		Right:   "cn-hangzhou",
	},
	"(no-such-host)": {
		Message: "the region's host name does not exist",
		Hint:    "Correct Region ID, or check this machine's DNS; loabatch doctor --region ID shows which of the two it is.",
	},
	"(dns)": {
		Message: "the DNS server did not answer",
		Hint:    "Check this machine's network and DNS, then run again.",
	},
	"(connection-refused)": {
		Message: "the API's address refused the connection",
		Hint:    "Check the address (--endpoint or LOABATCH_ENDPOINT) and the network, then run again.",
	},
	"(unreachable)": {
		Message: "the API's address is unreachable",
		Hint:    "Check this machine's network, then run again.",
	},
	"(proxy)": {
		Message: "the proxy cannot be reached",
		Hint:    "Check HTTPS_PROXY and NO_PROXY; loabatch doctor names the proxy.",
	},
	"(proxy-url)": {
		Message: "the proxy in the environment is not a URL",
		Hint:    "Correct HTTPS_PROXY; special characters in its user name or password must be percent-encoded.",
		Why:     "Nothing was sent: without the proxy, requests with names and certificate numbers would take a route other than the intended one.",
		Wrong:   "http://user:p@ss/word@proxy.example.com:3128",
		Right:   "http://user:p%40ss%2Fword@proxy.example.com:3128",
	},
	"(proxy-sign-in)": {
		Message: "the proxy asks for a user name and a password (407)",
		Hint:    "Add them to HTTPS_PROXY, as in http://USER:PASSWORD@HOST:PORT; loabatch doctor names the proxy.",
	},
	"(proxy-redirect)": {
		Message: "the proxy answers with a redirect, as sign-in pages do",
		Hint:    "Sign in to the network first, or correct HTTPS_PROXY; loabatch doctor names the proxy.",
	},
	"(proxy-answer)": {
		Message: "the proxy does not connect to the API",
		Hint:    "Ask whoever runs the proxy to allow connections to *.aliyuncs.com, port 443; loabatch doctor names the proxy.",
	},
	"(tls)": {
		Message: "the API's certificate is not trusted",
		Hint:    "If a proxy inspects traffic, install its certificate on this machine; also check the clock.",
		Why:     "Without a trusted certificate, anyone on the network path could read names and certificate numbers, so nothing was sent.",
	},
	"(credentials)": {
		Message: "the source of the credentials returned no keys",
		Hint:    "Check it with loabatch doctor, then run again.",
	},
	"(client)": {
		Message: "the request could not be built",
		Hint:    "Run again; if it keeps happening, report it with the output of loabatch version.",
	},

	// it may have arrived
	"(timeout)": {
		Message: "no answer arrived in time",
		Hint:    "Run again; if it happens often, raise --timeout.",
	},
	"(canceled)": {
		Message: "the run was stopped while waiting for the answer",
		Hint:    "Run again; the token stays the same, so nothing is applied for twice.",
	},
	"(connection-reset)": {
		Message: "the connection was lost before the answer arrived",
		Hint:    "Run again; the token stays the same, so nothing is applied for twice.",
	},
	"(no-answer)": {
		Message: "the connection was closed without an answer",
		Hint:    "Run again; the token stays the same, so nothing is applied for twice.",
	},
	"(cut-off)": {
		Message: "the answer was cut short",
		Hint:    "Run again; the token stays the same, so nothing is applied for twice.",
	},
	"(network)": {
		Message: "the connection failed",
		Hint:    "Check this machine's network, then run again.",
	},
	"(oversized-answer)": {
		Message: "the answer is larger than 1 MiB",
		Hint:    "Check that --endpoint and the proxy lead to the API, then run again.",
	},
	"(odd-answer)": {
		Message: "the answer does not look like one from the API",
		Hint:    "Check that --endpoint and the proxy lead to the API, and that no sign-in page is in the way.",
	},
	"(web-page)": {
		Message: "the answer is a web page, such as the sign-in page of a proxy or a firewall's notice",
		Hint:    "Check that no sign-in page is in the way and that the proxy and --endpoint lead to the API, then run again.",
		Why:     "The API answers in JSON. The page does not say whether the request reached the API, so the circuit is looked up before anything else is sent for it.",
	},
	"(redirect)": {
		Message: "the answer is a redirect, which the API never sends",
		Hint:    "Check that --endpoint and the proxy lead to the API, and that no sign-in page is in the way.",
		Why:     "The request contains names and certificate numbers; following the redirect would send them to another host.",
	},
	"(empty-answer)": {
		Message: "the answer is empty",
		Hint:    "Run again; the token stays the same, so nothing is applied for twice.",
	},
	"(server-error)": {
		Message: "the service, or a gateway in front of it, failed",
		Hint:    "Run again later; the token stays the same, so nothing is applied for twice.",
	},
	"(too-long)": {
		Message: "the request is too long for the server",
		Hint:    "Shorten the longest values of the row, or assign fewer engineers to the circuit.",
	},
	"(throttled)": {
		Message: "too many requests in a short time",
		Hint:    "Run again; if it happens often, lower --rate.",
	},
}
