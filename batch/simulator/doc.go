// Package simulator simulates the VPC endpoint of Alibaba Cloud: enough of the API to take
// Express Connect circuits from the application for a Letter of Authorization (LOA) to
// their confirmation, over real HTTP with real signatures, and every failure that a client
// has to expect. It is written from the API pages and is stricter and odder
// than the service, so a client that copes with it is prepared. It shares no code with the
// rest of the program: a check that both had in common could not reveal a mistake.
//
// # Use
//
//	s := simulator.New(simulator.Options{Keys: map[string]string{"id": "secret"}})
//	listener, err := net.Listen("tcp", "127.0.0.1:0")
//	…
//	err = s.Serve(ctx, listener) // or use s as an http.Handler, and Close it
//
// All regions and both products share one endpoint: a call names its region in RegionId.
// Its access key tells the account; each has its own quotas, tokens and circuits.
// All state is in memory.
//
// # Endpoints
//
//	/        the APIs: POST or GET, parameters in the query or a form body, answers in JSON
//	         VPC 2016-04-28: ApplyPhysicalConnectionLOA, SecondApplyPhysicalConnectionLOA,
//	           CompletePhysicalConnectionLOA, ConfirmPhysicalConnection,
//	           DescribePhysicalConnectionLOA, DescribePhysicalConnections, DescribeRegions,
//	           GetPhysicalConnectionServiceStatus
//	         STS 2015-04-01: GetCallerIdentity
//	/letters/REGION/ID.pdf
//	         the letters that LoaUrl links to
//	/stats   GET: the statistics, as JSON of [Stats]; ?circuits=none leaves out the circuits,
//	         ?page=1&size=100 takes a page of them, ?instance=… shows the life of one
//	/review  POST: reviews the LOAs that await it, or with ?instance=…&region=… one of them;
//	         &state=Rejected sets the state of an LOA, &status=Enabled that of a circuit
//
// # Processing of a call
//
//  1. Decoding: a URI of at most 64 KB, a body of at most 1 MB, no repeated parameter.
//  2. Gate: Action, Version, Format=JSON, AccessKeyId, SecurityToken, Timestamp within 15
//     minutes, Signature (HMAC-SHA1 of the decoded and re-encoded parameters), an unused
//     SignatureNonce, no unknown parameter.
//  3. Quota: at most N calls in any sliding window, for each account, region and API.
//     Over quota: 400 Throttling.User with x-ratelimit-user-api: Limit:N,Remain:0,TimeLeft:MS.
//     A throttled call does not count against the quota, only in the statistics.
//  4. Faults: the latency of the call, and possibly a fault.
//  5. Parameters, in the order and with the codes of the API page; then permission and
//     billing of the account; then the client token; then, after the latency, the state of
//     the circuit and its LOA.
//
// A client that leaves does not stop its call, which still takes effect.
//
// # Client tokens
//
// The same token with the same parameters gets the same answer, including its request ID;
// so does a refused call, unless Options.ForgetRefusals is set. Other parameters, another
// API or another region: 400 IdempotentParameterMismatch. While the first call is in
// progress: 403 LastTokenProcessing. More than 64 characters, or characters other than
// printable ASCII: 400 InvalidClientToken.Malformed. Calls without a token are never
// replayed. Calls refused for their parameters or for the account are not remembered.
//
// # Circuits and LOAs
//
// An undeclared circuit exists, is Allocated and has no LOA, unless its instance ID
// contains one of these markers, anywhere and in any case:
//
//	notfound      InvalidInstanceId.NotFound
//	notallocated  its status is Approved: IncorrectStatus.PhysicalConnection
//	locked        it is FinancialLocked: IncorrectStatus.PhysicalConnection
//	hasloa        its LOA is Applying: IncorrectStatus.PhysicalConnectionLOA
//	available     its LOA is Available: IncorrectStatus.PhysicalConnectionLOA
//	rejected      its LOA is Rejected: only SecondApplyPhysicalConnectionLOA is accepted
//	deleted       its LOA was Deleted: it can be applied for
//	completing    its LOA is Completing: it can be confirmed
//	inservice     its LOA is Complete and the circuit Enabled
//	forbidden     Forbidden.RAM for every application, completion and confirmation
//	willreject    it can be applied for, and every review rejects the LOA
//	rejectonce    the first review rejects the LOA
//	rejecttwice   the first two reviews reject the LOA
//	slowletter    after the review the LOA is Accept, and Available after as long again
//	wrongcircuit  its letter names another circuit
//	wrongcompany  its letter names another company
//	imageletter   its letter is a picture without any text
//	pageletter    the link to its letter leads to a web page
//	movedletter   the link to its letter leads to another host
//	expiredletter the link to its letter has expired when it is first used
//
// An LOA that existed from the start names a company other than the client's.
//
// An accepted application is Applying. The review, after Options.Review, by
// [Simulator.Review] or POST /review, makes it Available or Rejected.
// CompletePhysicalConnectionLOA is accepted while the LOA is Available and makes it
// Completing, or while it is Complete, where it changes the details of the line.
// ConfirmPhysicalConnection is accepted while the circuit is Allocated and its LOA is
// Completing or Complete; it makes the circuit Confirmed and the LOA Complete. What has
// already been done is refused, unless Options.AllowDuplicates is set; duplicates are
// counted for each operation.
//
// DescribePhysicalConnectionLOA returns an empty LOA for a circuit without one. With
// Options.Lag both Describe APIs keep reporting the former state for a while.
// DescribePhysicalConnections lists the circuits known so far: those that were declared,
// named in a call, or named in its filter PhysicalConnectionId.
//
// # Letters
//
// While an LOA is Available, Completing or Complete, its LoaUrl is a link to a PDF with the
// names and IDs of the application in English and Chinese, on the address that the call was
// sent to. The link is signed like those of the object storage service and expires after
// Options.LetterLife; a new one is reported with every call. An expired link gets 403 and
// XML, as from that service. The bytes of a letter never change.
//
// # Faults
//
// A fault is what the client sees of a call, and whether the call takes effect: before (it
// does not), after (it does), or late (it does once the client has its answer or has given
// up). By default, kinds that deny an effect are before, those that affirm it are after,
// and all others are before or after at random. Faults apply to all VPC calls, or to those
// of one API or region; to downloads of letters only if the plan names them: Letter/cut:10%.
//
//	500         500 InternalError
//	503         503 ServiceUnavailable
//	html        a gateway's 502 page in HTML
//	504         a gateway's 504 in plain text
//	429         429 in plain text with x-acs-retry-after (denies)
//	throttle    400 Throttling.User with x-ratelimit-user-api (denies)
//	busy        400 SystemBusy (denies)
//	conflict    400 OperationConflict (denies)
//	processing  403 LastTokenProcessing
//	drop        the connection is closed without an answer
//	reset       the connection is reset without an answer
//	cut         the answer is cut off in the middle of its body
//	hang        no answer, or with =DURATION a delayed one
//	stall       half an answer, and the rest never or after =DURATION
//	empty, 204, null, idless, code200
//	            hollow successes: no body, null, no RequestId, an error code
//	hollow      200 with nothing but a RequestId (affirms)
//	unlisted    400 with a code that no page lists (denies)
//	unallocated 400 IncorrectStatus.PhysicalConnection (denies)
//	types       500 whose Code is a number and whose Message is an object
//	spelling    a real success with requestId for RequestId (affirms)
//	idtype      200 whose RequestId is a number
//	redirect    307 to another host
//	huge        200 with 4 MiB of JSON
//
// [ParseFaults] parses a plan such as
//
//	503:5%,drop-after:2%,hang-late:1%,stall=3s:1%,ApplyPhysicalConnectionLOA/cut:10%,cn-beijing/latency:2s,latency:20ms±10ms
//
// The fault of a call depends only on the seed and on its API, region, circuit and number:
// the third application for a circuit gets the same fault in every run, regardless of other
// calls. Options.Script chooses faults case by case instead.
//
// # Personal data
//
// Neither the statistics nor the log contain any: engineers are counted, never named. What
// DescribePhysicalConnectionLOA reports about them and the contact for the line is masked
// before it is stored. Only the error SignatureDoesNotMatch quotes the request, as the real
// one does.
package simulator
