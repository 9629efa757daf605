package prose

const (
	completionPage   = "https://www.alibabacloud.com/help/en/express-connect/developer-reference/api-vpc-2016-04-28-completephysicalconnectionloa-efficiency-channels"
	confirmationPage = "https://www.alibabacloud.com/help/en/express-connect/developer-reference/api-vpc-2016-04-28-confirmphysicalconnection-efficiency-channels"
)

// enSteps: reasons and API error codes as they read for the steps that follow an application,
// under the code, a hyphen and the operation's name.
var enSteps = map[string]Entry{
	"reason-accepted-complete": {
		Message: "the API accepted the report that construction is finished",
		Hint:    "Nothing to do; the LOA is Completing until the circuit is confirmed.",
		Why:     "The API answered CompletePhysicalConnectionLOA with a request ID and no error.",
	},
	"reason-accepted-confirm": {
		Message: "the API accepted the confirmation of the circuit; its service and billing start",
		Hint:    "Nothing to do.",
		Why:     "The row says yes under Confirm circuit, and the API answered ConfirmPhysicalConnection with a request ID and no error.",
	},
	"reason-accepted-both": {
		Message: "the API accepted the report that construction is finished, and the confirmation of the circuit; its service and billing start",
		Hint:    "Nothing to do.",
		Why:     "The row says yes under Confirm circuit, so the circuit was confirmed right after its completion. Each was a request of its own.",
	},
	"reason-answer-lost-complete": {
		Message: "the answer was lost, but the LOA shows that construction was reported as finished, with this row's line",
		Hint:    "Nothing to do; the report arrived.",
		Why:     "The connection broke or the API failed after the report had been sent. The run looked up the LOA and found it Completing.",
	},
	"reason-answer-lost-confirm": {
		Message: "the answer was lost, but the circuit is confirmed",
		Hint:    "Nothing to do; the confirmation arrived.",
		Why:     "The connection broke or the API failed after the confirmation had been sent. The run looked up the circuit and found it confirmed.",
	},
	"reason-loa-exists-complete": {
		Message: "construction was reported as finished before; the LOA is {loa}",
		Hint:    "Nothing to do.",
		Why:     "It was reported in an earlier run, in the console or by someone else. A completion is never reported twice.",
	},
	"reason-loa-exists-confirm": {
		Message: "the circuit was confirmed before",
		Hint:    "Nothing to do.",
		Why:     "It was confirmed in an earlier run, in the console or by someone else.",
	},
	"reason-review-confirm": {
		Message: "the LOA is {loa}, so the circuit cannot be confirmed yet",
		Hint:    "Run loabatch complete FILE again once the LOA is Available: it reports that construction is finished, then confirms the circuit.",
		Why:     "A circuit is confirmed after its construction was reported as finished.",
	},
	"reason-loa-rejected-complete": {
		Message: "the circuit's LOA was rejected, so there is nothing to complete; only --reapply applies for another one",
		Hint:    "Correct the row if the rejection asks for it, then run: loabatch submit --reapply FILE",
		Why:     "Construction is reported for an LOA that was approved.",
	},
	"reason-loa-rejected-confirm": {
		Message: "the circuit's LOA was rejected, so there is nothing to confirm; only --reapply applies for another one",
		Hint:    "Correct the row if the rejection asks for it, then run: loabatch submit --reapply FILE",
		Why:     "A circuit is confirmed after its construction was reported as finished.",
	},
	"reason-valid-complete": {
		Message: "construction would be reported as finished",
		Hint:    "Run loabatch complete FILE.",
		Why:     "This was a dry run: nothing was sent.",
	},
	"reason-valid-confirm": {
		Message: "the circuit would be confirmed, which starts its service and billing",
		Hint:    "Run loabatch complete FILE.",
		Why:     "This was a dry run: nothing was sent.",
	},
	"reason-valid-both": {
		Message: "construction would be reported as finished, then the circuit confirmed, which starts its service and billing",
		Hint:    "Run loabatch complete FILE.",
		Why:     "This was a dry run: nothing was sent.",
	},
	"reason-refused-complete": {
		Message: "the API rejected the report that construction is finished: {meaning}",
		Hint:    "Fix the row or the circuit as the error code says, then run again.",
		Why:     "The API would reject the same report again, so it was not repeated.",
	},
	"reason-refused-confirm": {
		Message: "the API rejected the confirmation of the circuit: {meaning}",
		Hint:    "Fix the circuit as the error code says, then run again. Its completion is not reported a second time.",
		Why:     "The API would reject the same confirmation again, so it was not repeated.",
	},
	"reason-attempts-complete": {
		Message: "every attempt failed; the API holds no report that construction is finished",
		Hint:    "Run again later.",
		Why:     "The API was unreachable, busy or throttling requests on every attempt (--max-attempts). None of them took effect: each was either not sent or answered, and a final lookup found the LOA Available.",
	},
	"reason-attempts-confirm": {
		Message: "every attempt failed; the circuit is not confirmed",
		Hint:    "Run again later.",
		Why:     "The API was unreachable, busy or throttling requests on every attempt (--max-attempts). None of them took effect: each was either not sent or answered, and a final lookup found the circuit unconfirmed.",
	},
	"reason-unsettled-complete": {
		Message: "the report that construction is finished may have arrived; the run could not find out",
		Hint:    "Run again: the token stays the same, which prevents a second one.",
		Why:     "An answer was lost, and the LOA could not be looked up or did not show the report yet. The next run looks it up before sending anything.",
	},
	"reason-unsettled-confirm": {
		Message: "the confirmation of the circuit may have arrived; the run could not find out",
		Hint:    "Run again: the token stays the same, which prevents a second one.",
		Why:     "An answer was lost, and the circuit could not be looked up or was not confirmed yet. The next run looks it up before sending anything.",
	},
	"reason-not-listed-complete": {
		Message: "an earlier run's report that construction is finished was accepted, but the LOA does not show it; nothing was sent",
		Hint:    "Check the LOA in the Express Connect console; if construction has to be reported once more, do it there.",
		Why:     "A completion that was accepted is reported again only for an LOA that was applied for again since. That the LOA does not show it may only mean that a lookup lags.",
	},
	"reason-not-listed-confirm": {
		Message: "an earlier run's confirmation was accepted, but the circuit does not show it; nothing was sent",
		Hint:    "Check the circuit in the Express Connect console; if it has to be confirmed once more, do it there.",
		Why:     "A confirmation that was accepted is sent again only after a new completion. That the circuit does not show it may only mean that a lookup lags.",
	},

	"report-step-submitted-advance": {
		Message: "took the next step in this run",
		Hint:    "Nothing to do.",
		Why:     "The Request ID is the API's receipt. Message says which step it was.",
	},
	"report-step-already-advance": {
		Message: "waiting or done: see Message",
		Hint:    "Message says for what and for whom it waits. Run the same command again every night.",
		Why:     "The state of the LOA, which was read before anything was sent, allows no further step yet, or there is none left.",
	},
	"report-step-valid-advance": {
		Message: "the next step can be taken now",
		Hint:    "Run it for real: loabatch advance FILE",
		Why:     "This was a dry run: nothing was sent.",
	},
	"report-step-submitted-complete": {
		Message: "completed or confirmed in this run",
		Hint:    "Nothing to do.",
		Why:     "The Request ID is the API's receipt. Message says whether construction was reported as finished, the circuit confirmed, or both.",
	},
	"report-step-already-complete": {
		Message: "completed before this run, or its LOA is not Available yet",
		Hint:    "Message says which of the two. What waits for the review is completed by a later run.",
		Why:     "The state of the LOA was read before anything was sent.",
	},
	"report-step-valid-complete": {
		Message: "can be completed now",
		Hint:    "Run it for real: loabatch complete FILE",
		Why:     "This was a dry run: nothing was sent.",
	},
	"report-step-blocked-complete": {
		Message: "there is nothing to complete: apply for an LOA first",
		Hint:    "Message says whether the circuit has no LOA or a rejected one. Apply with loabatch submit FILE, for rejected ones with --reapply.",
		Why:     "This was an online dry run: nothing was sent.",
	},
	"report-step-refused-complete": {
		Message: "rejected by the API, or there is no LOA to complete: see Message",
		Hint:    "Message says which of the two; loabatch explain CODE says more about the row's Error code.",
		Why:     "The API would reject the same report again, so it was not repeated.",
	},
	"report-step-failed-complete": {
		Message: "out of attempts, nothing was reported: run again",
		Hint:    "Run the same command again later.",
		Why:     "The API was unreachable, busy or throttling requests on every attempt (--max-attempts), and it is certain that none of them took effect.",
	},
	"report-step-unknown-complete": {
		Message: "may have arrived: run again; the token prevents a second report",
		Hint:    "Run the same command again; if Message gives a time, not before then. Leave the row unchanged until then.",
		Why:     "The answer to a request was lost. The next run looks up the LOA before it sends anything.",
	},
	"report-step-skipped-complete": {
		Message: "not finished, or left out by --only",
		Hint:    "Write yes under Construction finished once it is, then run again.",
		Why:     "complete takes the rows that say yes under Construction finished.",
	},

	"confirm-input-complete":    {Message: "{going} of {rows} {rows:row|rows} {going:is|are} to be completed where the LOA is Available, sheet {sheet} of {file}"},
	"confirm-warned-complete":   {Message: "  {n} of the rows to be completed {n:has|have} warnings"},
	"confirm-billing":           {Message: "  {n} {n:circuit is|circuits are} to be confirmed after that, which starts service and billing"},
	"confirm-accounts-complete": {Message: "report construction as finished for {count} {count:circuit|circuits} in {n} {n:account|accounts} to {endpoint}?"},
	"confirm-complete":          {Message: "report construction as finished for {count} {count:circuit|circuits} as account {account} to {endpoint}?"},

	"IncorrectStatus.PhysicalConnectionLOA-complete": {
		Message: "the circuit has no LOA for which construction can be reported as finished",
		Hint:    "To see its status, run: loabatch status FILE",
		Source:  completionPage,
	},
	"IncorrectStatus.PhysicalConnection-confirm": {
		Message: "the circuit's status does not allow its confirmation",
		Hint:    "A circuit can be confirmed while it is Allocated and its construction was reported as finished: check it in the Express Connect console.",
		Source:  confirmationPage,
	},
}
