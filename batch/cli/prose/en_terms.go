package prose

// enTerms: the words that reports, the history and shells show, for explain: states of
// circuits and runs, and exit codes. The words of results and of LOAs are in enReport.
var enTerms = map[string]Entry{
	// the statuses of a circuit
	"status-before": {
		Message: "the circuit is not ready yet: an LOA can be applied for once it is Allocated",
		Hint:    "Wait, then check again: loabatch submit --dry-run=online FILE",
		Why:     "Initial, Approved and Allocating come before Allocated.",
		Source:  pconnPage,
	},
	"status-allocated": {
		Message: "the circuit has its port: an LOA can be applied for",
		Hint:    "Apply for it: loabatch submit FILE",
		Source:  pconnPage,
	},
	"status-after": {
		Message: "the circuit is past construction: no LOA can be applied for",
		Hint:    "Compare the Instance ID with the Express Connect console.",
		Why:     "Confirmed and Enabled come after Allocated.",
		Source:  pconnPage,
	},
	"status-final": {
		Message: "the circuit was cancelled or terminated: no LOA can be applied for",
		Hint:    "Compare the Instance ID with the Express Connect console; if it is right, request another circuit there.",
		Why:     "Canceled, Allocation Failed and Terminated are final.",
		Source:  pconnPage,
	},
	"status-locked": {
		Message: "the circuit is locked: no LOA can be applied for",
		Hint:    "Have the circuit unlocked. FinancialLocked: pay what is owed. SecurityLocked: contact Alibaba Cloud support.",
		Why:     "An LOA can be applied for only while the circuit's business status is Normal.",
		Source:  pconnPage,
	},

	// the states of a run
	"run-running": {
		Message: "the run's process is still running",
		Hint:    "Wait for it to finish.",
		Why:     "Until then, another run over the same circuits ends with exit code 9.",
	},
	"run-ended": {
		Message: "the run ended and recorded how",
		Hint:    "Look at its exit code; loabatch explain 4 explains the code 4.",
	},
	"run-died": {
		Message: "the run's process is gone, and it did not record how it ended",
		Hint:    "Run the same command again: it finishes the rest. To get a copy of what was done, run: loabatch report RUN",
		Why:     "It was killed, or the machine stopped. Every application is in the ledger before it is sent, so nothing is lost or applied for twice.",
	},
	"run-taken-over": {
		Message: "the run died, and a later run took over its circuits",
		Hint:    "Nothing to do: the later run settles what it left open.",
		Why:     "A run that finds the locks of its circuits free takes over what a dead run left open. Should that run come back, it sends nothing more.",
	},

	// exit codes
	"exit-0": {
		Message: "every row is SUBMITTED, ALREADY, VALID or SKIPPED",
		Hint:    "Nothing to do.",
	},
	"exit-1": {
		Message: "internal error, or the ledger could no longer be written",
		Hint:    "Free up disk space if that is what the message says, then run the same command again. If it happens again, report it with the message and the log.",
	},
	"exit-2": {
		Message: "wrong usage, or an input that cannot be read; nothing was sent",
		Hint:    "Correct the command or the file as the message says, then run it again.",
	},
	"exit-3": {
		Message: "validation found errors, and nothing was sent",
		Hint:    "Correct the cells that are listed, then run it again.",
	},
	"exit-4": {
		Message: "finished; some rows are INVALID, REFUSED or BLOCKED, an LOA was rejected, or a letter is not about its row",
		Hint:    "Do what Message says in these rows. Correct rows in the copy, then submit the copy.",
		Why:     "All other rows are done. They are not applied for twice.",
	},
	"exit-5": {
		Message: "finished; some rows have no final answer: FAILED, UNKNOWN or NOT_ATTEMPTED",
		Hint:    "Run the same command again in a few minutes; if a message gives a time, not before then.",
		Why:     "The code is also 5 if an online dry run or loabatch status got no answer for some rows, or if a letter could not be fetched or a workbook of --in not moved.",
	},
	"exit-6": {
		Message: "stopped: credentials, permission, clock, proxy, overdue payments, --max-failures or --canary",
		Hint:    "Fix the cause that the message names, then run the same command again. To find out what is wrong, run: loabatch doctor",
		Why:     "The cause concerns every row, so the rest is NOT_ATTEMPTED. If nothing had been sent, there is no copy.",
	},
	"exit-7": {
		Message: "stopped by --max-duration",
		Hint:    "Run the same command again: it goes on with the rest.",
	},
	"exit-8": {
		Message: "the results copy, or the output, could not be written; the ledger has everything",
		Hint:    "Make room, or remove what else prevented it, then write the copy again: loabatch report RUN",
	},
	"exit-9": {
		Message: "another run is working on circuits of this workbook, or on the folder of --in",
		Hint:    "Wait for it to finish, then run the same command again.",
	},
	"exit-signal": {
		Message: "interrupted by a signal: 130 SIGINT, 131 SIGQUIT, 134 SIGABRT, 143 SIGTERM",
		Hint:    "Run the same command again: it goes on with the rest.",
		Why:     "What was in flight was finished and recorded, and the copy was written.",
	},
	"exit-killed": {
		Message: "killed by the system (SIGKILL), often because memory ran out",
		Hint:    "Run the same command again: it finishes the rest. To get a copy of what was done, run: loabatch report RUN",
		Why:     "A process that is killed writes no copy, but the ledger has everything.",
	},

	// what is not in the list of the API's error codes
	"api-unlisted": {
		Message: "an error code of the API that loabatch does not list",
		Hint:    "Look it up on the API's page of error codes. If that does not help, send the code and the row's Request ID to Alibaba Cloud support.",
		Why:     "An unlisted code counts as a rejection if the API answered with an HTTP status of 4xx; otherwise the circuit is looked up before anything else is sent for it. The Request ID is in the copy and in loabatch history CIRCUIT.",
		Source:  vpcPage,
	},

	// the kinds of words that explain lists
	"explain-kind-results":          {Message: "Results of a row"},
	"explain-kind-loa_statuses":     {Message: "Statuses of an LOA"},
	"explain-kind-circuit_statuses": {Message: "Statuses of a circuit"},
	"explain-kind-runs":             {Message: "States of a run in the history"},
	"explain-kind-exit_codes":       {Message: "Exit codes"},
	"explain-kind-rules":            {Message: "Rules of the workbook, with their severity"},
	"explain-kind-api_codes":        {Message: "Error codes of the API; * stands for any text"},
	"explain-kind-lost_calls":       {Message: "Why a call got no answer from the API"},
}
