package prose

// Where the API's codes are documented.
const (
	applyPage  = "https://www.alibabacloud.com/help/en/express-connect/developer-reference/api-vpc-2016-04-28-applyphysicalconnectionloa-efficiency-channels"
	loaPage    = "https://www.alibabacloud.com/help/doc-detail/112127.htm"
	pconnPage  = "https://www.alibabacloud.com/help/en/express-connect/developer-reference/api-vpc-2016-04-28-describephysicalconnections-efficiency-channels"
	vpcPage    = "https://api.alibabacloud.com/document/Vpc/2016-04-28/errorCode"
	commonPage = "https://www.alibabacloud.com/help/en/polardb/client-error-codes"
	ecsPage    = "https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-errorcodes"
	eciPage    = "https://www.alibabacloud.com/help/en/eci/developer-reference/api-eci-2018-08-08-errorcodes"
	ramPage    = "https://www.alibabacloud.com/help/en/ram/support/faq-about-ram-users"
)

// Why an answer about permission or keys does not end every run.
const (
	whyDenied = "If the first three circuits, or all if there are fewer, get this answer and none was accepted, it is about the account and the run stops. Otherwise it is about the circuit: its row is REFUSED and the rest go on."
	whyKeys   = "Keys that come from a profile, a role or another service may have been renewed since: they are fetched again, once, before the run ends."
)

// enAPI: the API's error codes, spelt as the API spells them. A * stands for any text: such an
// entry covers every code that matches it and has no entry of its own.
var enAPI = map[string]Entry{
	// a parameter is missing
	"MissingParam.*": {
		Message: "a parameter is missing",
		Hint:    "Fill in the cell of the parameter that the error code names, then run again.",
		Source:  applyPage,
	},
	"MissingParam.AliUid": {
		Message: "the API cannot tell which account the request is from",
		Hint:    "Check the credentials with loabatch doctor; if they are right, contact Alibaba Cloud support with the request ID.",
		Source:  applyPage,
	},
	"MissingParam.InstanceId": {
		Message: "the circuit's instance ID is missing",
		Hint:    "Fill in Instance ID, pc-…, then run again.",
		Source:  applyPage,
	},
	"MissingParam.RegionNo": {
		Message: "the region is missing",
		Hint:    "Fill in Region ID, or set a default with --region, then run again.",
		Source:  applyPage,
	},
	"MissingParam.PMInfo": {
		Message: "the construction engineers are missing",
		Hint:    "Add at least one row for the circuit to the Engineers sheet, then run again.",
		Why:     "The API's parameter list calls engineers optional, but the API rejects applications without any.",
		Source:  applyPage,
	},

	// a parameter is not accepted
	"IllegalParam.*": {
		Message: "the API does not accept one of the values",
		Hint:    "Correct the cell of the parameter that the error code names, then run again.",
		Source:  applyPage,
	},
	"IllegalParam.LineOperator": {
		Message: "the API does not accept the circuit's line operator",
		Hint:    "The operator is a property of the circuit, not of the workbook: check it in the Express Connect console.",
		Source:  applyPage,
	},
	"IllegalParam.LineType": {
		Message: "the API does not accept the line type",
		Hint:    "Choose MSTP, MPLSVPN, FIBRE or Other.",
		Wrong:   "SDH",
		Right:   "MSTP",
		Source:  applyPage,
	},
	"IllegalParam.PeerLocation": {
		Message: "the API does not accept the peer location",
		Hint:    "Write a plain postal address, or leave the cell empty.",
		Source:  applyPage,
	},
	"IllegalParam.PmCertificateType": {
		Message: "the API does not accept an engineer's certificate type",
		Hint:    "Choose IDCard or Passport.",
		Wrong:   "Driving licence",
		Right:   "Passport",
		Source:  applyPage,
	},
	"IllegalParam.PmCertificateNo": {
		Message: "the API does not accept an engineer's certificate number",
		Hint:    "Compare the number and the certificate type with the certificate.",
		Source:  applyPage,
	},
	"IllegalParam.PmContactInfo": {
		Message: "the API does not accept an engineer's contact",
		Hint:    "Give a phone number that can receive text messages from the site.",
		Source:  applyPage,
	},
	"IllegalParam.PmGender": {
		Message: "the API does not accept an engineer's gender",
		Hint:    "Choose Male or Female.",
		Source:  applyPage,
	},
	"IllegalParam.PmName": {
		Message: "the API does not accept an engineer's name",
		Hint:    "Write the name as it appears on the certificate.",
		Source:  applyPage,
	},
	"IllegalParam.Si": {
		Message: "the API does not accept the construction company",
		Hint:    "Write the company's registered name.",
		Source:  applyPage,
	},
	"IllegalParam.CompanyName": {
		Message: "the API does not accept the company name",
		Hint:    "Write the name under which the Alibaba Cloud account is registered.",
		Source:  applyPage,
	},
	"IllegalParam.Bandwidth": {
		Message: "the API does not accept the bandwidth",
		Hint:    "Give a whole number of Mbit/s from 2 to 10240, or leave the cell empty.",
		Wrong:   "1 Gbit/s",
		Right:   "1000",
		Source:  applyPage,
	},
	"Invalid*.Malformed": {
		Message: "the API cannot parse one of the values",
		Hint:    "Correct the cell of the parameter that the error code names, then run again.",
		Source:  applyPage,
	},
	"InvalidConstructionTime.Malformed": {
		Message: "the API cannot parse the construction time",
		Hint:    "Give a date and time, such as 2030-01-31T08:00:00Z.",
		Wrong:   "next Monday",
		Right:   "2030-01-31T08:00:00Z",
		Source:  applyPage,
	},

	// the circuit or its LOA does not allow it
	"InvalidInstanceId.NotFound": {
		Message: "the account has no such circuit in this region",
		Hint:    "Compare Instance ID and Region ID with the Express Connect console, and check the account with loabatch doctor.",
		Source:  applyPage,
	},
	"IncorrectStatus.*": {
		Message: "the circuit's current status does not allow this",
		Hint:    "Check the circuit's status in the Express Connect console.",
		Source:  applyPage,
	},
	"OperationDenied.LOAStatusNotAllowComplete": {
		Message: "the LOA is in a state in which construction cannot be reported as finished",
		Hint:    "Wait until the LOA is Available. To see its status, run: loabatch status FILE",
		Source:  completionPage,
	},
	"OperationUnsupported.SkipConstruction*": {
		Message: "construction was not reported as finished, so the circuit cannot be confirmed",
		Hint:    "Run loabatch complete FILE again once the LOA is Available.",
		Source:  confirmationPage,
	},
	"ResourceNotFound.PhysicalConnectionId": {
		Message: "the account has no such circuit in this region",
		Hint:    "Check the instance ID, the region and the account.",
		Source:  confirmationPage,
	},
	"InvalidPhysicalConnectionId.NotFound": {
		Message: "the account has no such circuit in this region",
		Hint:    "Check the instance ID, the region and the account.",
		Source:  confirmationPage,
	},
	"IncorrectStatus.PhysicalConnection": {
		Message: "the circuit's status does not allow an LOA application",
		Hint:    "Wait if the circuit is still being allocated; if it is in use, rejected or cancelled, check the Instance ID. To see its status, run: loabatch submit --dry-run=online FILE",
		Source:  applyPage,
	},
	"IncorrectStatus.PhysicalConnectionLOA": {
		Message: "the circuit already has an LOA, valid or rejected",
		Hint:    "If it was rejected, correct the row and apply again with --reapply. To see its status, run: loabatch status FILE",
		Source:  applyPage,
	},
	"IdempotentParameterMismatch": {
		Message: "the client token was used before with different values",
		Hint:    "Clear the Client token cell to have a token derived, or write one that has never been used.",
		Why:     "The API answers a repeated token with its first answer, and rejects the token if the values have changed.",
		Source:  vpcPage,
	},

	// the account
	"OperationFailed.PconnTrafficNotEnable": {
		Message: "outbound data transfer billing is off for this account",
		Hint:    "Ask the account owner to turn on outbound data transfer billing in the Express Connect console, then run again.",
		Why:     "While it is off, the API rejects every application of the account, so the run stops at the first.",
		Source:  applyPage,
	},
	"InvalidAccountStatus.NotEnoughBalance": {
		Message: "the account's balance is too low",
		Hint:    "Top up the account, then run again.",
		Source:  ecsPage,
	},
	"Account.Arrearage": {
		Message: "the account has overdue payments",
		Hint:    "Pay them, then run again.",
		Source:  eciPage,
	},
	"AccountMoneyValidateError": {
		Message: "the account does not have enough funds",
		Hint:    "Top up the account, then run again.",
		Source:  vpcPage,
	},
	"InsufficientBalance": {
		Message: "the account's balance is too low",
		Hint:    "Top up the account, then run again.",
		Source:  commonPage,
	},
	"PAY.INSUFFICIENT_BALANCE": {
		Message: "the account's balance is too low",
		Hint:    "Top up the account, then run again.",
		Source:  "https://www.alibabacloud.com/help/ja/doc-detail/2856441.html",
	},

	// credentials and permissions
	"InvalidAccessKeyId*": {
		Message: "the API does not accept the access key",
		Hint:    "Run loabatch doctor to see which credentials are used, and check that the key exists and is enabled.",
		Why:     whyKeys,
		Source:  commonPage,
	},
	"SignatureDoesNotMatch": {
		Message: "the access key secret is wrong",
		Hint:    "Copy the secret again: one extra or missing character breaks it. If it is lost, create a new access key, as a secret is shown only once.",
		Why:     whyKeys,
		Source:  commonPage,
	},
	"IncompleteSignature": {
		Message: "the API could not verify the signature",
		Hint:    "Check the credentials with loabatch doctor, and check whether a proxy modifies requests.",
		Source:  commonPage,
	},
	"InvalidSecurityToken*": {
		Message: "the session token has expired or does not belong to the access key",
		Hint:    "Get new session credentials, then run again; accepted rows are not applied for twice.",
		Why:     whyKeys,
		Source:  commonPage,
	},
	"Forbidden*": {
		Message: "the account or user is not allowed to do this",
		Hint:    "Ask for the permission vpc:ApplyPhysicalConnectionLOA on the circuit; loabatch doctor shows which user or role is used.",
		Why:     whyDenied,
		Source:  commonPage,
	},
	"Forbidden.RAM": {
		Message: "the RAM user or role does not have permission for this call",
		Hint:    "Ask for the permissions in the README's RAM policy; loabatch doctor shows which user or role is used.",
		Why:     whyDenied,
		Source:  ramPage,
	},
	"Forbidden.RiskControl": {
		Message: "the account is blocked by risk control",
		Hint:    "Ask the account owner to check the messages in the console, or contact Alibaba Cloud support.",
		Source:  commonPage,
	},
	"NoPermission": {
		Message: "the user or role does not have permission for this call",
		Hint:    "Ask for the permissions in the README's RAM policy; loabatch doctor shows which user or role is used.",
		Why:     whyDenied,
		Source:  commonPage,
	},
	"InvalidTimeStamp.Expired": {
		Message: "this machine's clock is more than 15 minutes off",
		Hint:    "Set the clock, preferably with NTP; loabatch doctor shows how far off it is.",
		Source:  commonPage,
	},
	"InvalidRegionId*": {
		Message: "the API does not know the region",
		Hint:    "Correct Region ID; loabatch doctor --region ID checks whether a region exists.",
		Wrong:   "cn-hangzou",
		Right:   "cn-hangzhou",
		Source:  vpcPage,
	},

	// try later
	"Throttling*": {
		Message: "too many requests in a short time",
		Hint:    "Run again; if it happens often, other programs are using the account's quota: lower --rate.",
		Why:     "The API counts requests per account, region and API, no matter which program sends them.",
		Source:  commonPage,
	},
	"Rejected.Throttling": {
		Message: "too many requests in a short time",
		Hint:    "Run again; if it happens often, lower --rate.",
		Source:  vpcPage,
	},
	"*TokenProcessing": {
		Message: "the API is still working on an earlier request for this row",
		Hint:    "Run again in a few minutes; the token stays the same, so nothing is applied for twice.",
		Source:  ecsPage,
	},
	"IdempotenceProcessing": {
		Message: "the API is still working on an earlier request for this row",
		Hint:    "Run again in a few minutes; the token stays the same, so nothing is applied for twice.",
		Source:  vpcPage,
	},
	"SystemBusy":         {Message: "the API is busy", Hint: "Run again later.", Source: vpcPage},
	"OperationConflict":  {Message: "another operation on the circuit is in progress", Hint: "Run again in a few minutes.", Source: vpcPage},
	"TaskConflict":       {Message: "another task on the circuit is in progress", Hint: "Run again in a few minutes.", Source: vpcPage},
	"Conflict.Lock":      {Message: "the circuit is locked by another operation", Hint: "Run again in a few minutes.", Source: vpcPage},
	"LockFailed":         {Message: "the circuit is locked by another operation", Hint: "Run again in a few minutes.", Source: vpcPage},
	"SignatureNonceUsed": {Message: "the API received the same request twice", Hint: "Run again; if it happens often, a proxy may be repeating requests.", Source: commonPage},
	"ServiceUnavailable": {Message: "the service is unavailable", Hint: "Run again later; the token stays the same, so nothing is applied for twice.", Source: commonPage},
	"InternalError":      {Message: "the service had an internal error", Hint: "Run again later; if it keeps happening, contact Alibaba Cloud support with the request ID.", Source: commonPage},
}
