package prose

const (
	zhCompletionPage   = "https://help.aliyun.com/zh/express-connect/developer-reference/api-vpc-2016-04-28-completephysicalconnectionloa-efficiency-channels"
	zhConfirmationPage = "https://help.aliyun.com/zh/express-connect/developer-reference/api-vpc-2016-04-28-confirmphysicalconnection-efficiency-channels"
)

// zhSteps: see enSteps.
var zhSteps = map[string]Entry{
	"reason-accepted-complete": {
		Message: "API 已受理施工完成上报",
		Hint:    "无需处理；确认专线之前，LOA 为施工中。",
		Why:     "CompletePhysicalConnectionLOA 返回了请求 ID，没有错误。",
	},
	"reason-accepted-confirm": {
		Message: "API 已受理专线确认；该专线开始提供服务并计费",
		Hint:    "无需处理。",
		Why:     "本行的“确认专线”填写了“是”，ConfirmPhysicalConnection 返回了请求 ID，没有错误。",
	},
	"reason-accepted-both": {
		Message: "API 已受理施工完成上报和专线确认；该专线开始提供服务并计费",
		Hint:    "无需处理。",
		Why:     "本行的“确认专线”填写了“是”，因此上报施工完成后随即确认了专线。两者是两次独立的请求。",
	},
	"reason-answer-lost-complete": {
		Message: "响应丢失，但 LOA 显示施工完成已上报，线路与本行一致",
		Hint:    "无需处理；上报已送达。",
		Why:     "上报发出后连接中断或 API 出错。本次运行查询了 LOA，其状态为施工中。",
	},
	"reason-answer-lost-confirm": {
		Message: "响应丢失，但专线已确认",
		Hint:    "无需处理；确认已送达。",
		Why:     "确认发出后连接中断或 API 出错。本次运行查询了该专线，已确认。",
	},
	"reason-loa-exists-complete": {
		Message: "施工完成此前已上报；LOA 的状态为 {loa}",
		Hint:    "无需处理。",
		Why:     "由以往的运行、控制台或其他人上报。施工完成不会重复上报。",
	},
	"reason-loa-exists-confirm": {
		Message: "该专线此前已确认",
		Hint:    "无需处理。",
		Why:     "由以往的运行、控制台或其他人确认。",
	},
	"reason-review-confirm": {
		Message: "LOA 的状态为 {loa}，尚不能确认专线",
		Hint:    "LOA 可用后，请重新运行 loabatch complete FILE：先上报施工完成，再确认专线。",
		Why:     "专线在上报施工完成之后确认。",
	},
	"reason-loa-rejected-complete": {
		Message: "该专线的 LOA 已驳回，没有可上报的施工；只有用 --reapply 才会重新申请",
		Hint:    "请按驳回意见修改本行，然后运行：loabatch submit --reapply FILE",
		Why:     "只有审核通过的 LOA 才能上报施工完成。",
	},
	"reason-loa-rejected-confirm": {
		Message: "该专线的 LOA 已驳回，不能确认；只有用 --reapply 才会重新申请",
		Hint:    "请按驳回意见修改本行，然后运行：loabatch submit --reapply FILE",
		Why:     "专线在上报施工完成之后确认。",
	},
	"reason-valid-complete": {
		Message: "将上报施工完成",
		Hint:    "请运行 loabatch complete FILE。",
		Why:     "这是预检，没有发送任何请求。",
	},
	"reason-valid-confirm": {
		Message: "将确认专线，该专线随即开始提供服务并计费",
		Hint:    "请运行 loabatch complete FILE。",
		Why:     "这是预检，没有发送任何请求。",
	},
	"reason-valid-both": {
		Message: "将上报施工完成并确认专线，该专线随即开始提供服务并计费",
		Hint:    "请运行 loabatch complete FILE。",
		Why:     "这是预检，没有发送任何请求。",
	},
	"reason-refused-complete": {
		Message: "API 拒绝了施工完成上报：{meaning}",
		Hint:    "请按错误码的说明修改本行，或解决专线的问题，然后重新运行。",
		Why:     "同样的上报 API 还会拒绝，因此没有重试。",
	},
	"reason-refused-confirm": {
		Message: "API 拒绝了专线确认：{meaning}",
		Hint:    "请按错误码的说明解决专线的问题，然后重新运行。施工完成不会重复上报。",
		Why:     "同样的确认 API 还会拒绝，因此没有重试。",
	},
	"reason-attempts-complete": {
		Message: "多次尝试均失败；API 中没有该施工完成上报",
		Hint:    "请稍后重新运行。",
		Why:     "多次尝试（--max-attempts）期间，API 每次都无法访问、繁忙或限流。所有尝试均未生效：有的未发出，有的得到了响应，最后一次查询时 LOA 仍为可用。",
	},
	"reason-attempts-confirm": {
		Message: "多次尝试均失败；该专线尚未确认",
		Hint:    "请稍后重新运行。",
		Why:     "多次尝试（--max-attempts）期间，API 每次都无法访问、繁忙或限流。所有尝试均未生效：有的未发出，有的得到了响应，最后一次查询时专线仍未确认。",
	},
	"reason-unsettled-complete": {
		Message: "施工完成上报可能已送达，本次运行未能确认",
		Hint:    "请重新运行：Token 不变，不会重复上报。",
		Why:     "响应丢失，而 LOA 无法查询或尚未显示该上报。下次运行会先查询，再决定是否发送。",
	},
	"reason-unsettled-confirm": {
		Message: "专线确认可能已送达，本次运行未能查明",
		Hint:    "请重新运行：Token 不变，不会重复确认。",
		Why:     "响应丢失，而专线无法查询或尚未确认。下次运行会先查询，再决定是否发送。",
	},
	"reason-not-listed-complete": {
		Message: "以往的施工完成上报已受理，但 LOA 没有显示，因此没有发送",
		Hint:    "请在高速通道控制台查看该 LOA；如需再上报施工完成，请在控制台操作。",
		Why:     "已受理的施工完成上报，只有在 LOA 重新申请之后才会再次发送。LOA 没有显示，可能只是查询结果滞后。",
	},
	"reason-not-listed-confirm": {
		Message: "以往的专线确认已受理，但专线没有显示，因此没有发送",
		Hint:    "请在高速通道控制台查看该专线；如需再确认，请在控制台操作。",
		Why:     "已受理的专线确认，只有在再次上报施工完成之后才会再次发送。专线没有显示，可能只是查询结果滞后。",
	},

	"report-step-submitted-advance": {
		Message: "本次运行已执行下一步",
		Hint:    "无需处理。",
		Why:     "请求 ID 是 API 的回执。“说明”列注明执行的是哪一步。",
	},
	"report-step-already-advance": {
		Message: "等待中或已完成：见“说明”列",
		Hint:    "“说明”列写明在等待什么、由谁处理。请每晚重新运行同一命令。",
		Why:     "发送任何请求之前已查询 LOA 状态：目前还不能执行下一步，或者所有步骤均已完成。",
	},
	"report-step-valid-advance": {
		Message: "现在可以执行下一步",
		Hint:    "正式执行：loabatch advance FILE",
		Why:     "这是预检，没有发送任何请求。",
	},
	"report-step-submitted-complete": {
		Message: "本次运行已上报施工完成或已确认专线",
		Hint:    "无需处理。",
		Why:     "请求 ID 是 API 的回执。“说明”列注明是上报了施工完成、确认了专线，还是两者都有。",
	},
	"report-step-already-complete": {
		Message: "此前已上报施工完成，或 LOA 尚未可用",
		Hint:    "“说明”列注明是哪一种。等待审核的行，由以后的运行上报。",
		Why:     "发送之前已读取 LOA 的状态。",
	},
	"report-step-valid-complete": {
		Message: "现在可以上报施工完成",
		Hint:    "请正式运行：loabatch complete FILE",
		Why:     "这是预检，没有发送任何请求。",
	},
	"report-step-blocked-complete": {
		Message: "没有可上报的施工：请先申请 LOA",
		Hint:    "“说明”列注明是没有 LOA 还是已驳回。请用 loabatch submit FILE 申请，已驳回的加 --reapply。",
		Why:     "这是在线预检，没有发送任何请求。",
	},
	"report-step-refused-complete": {
		Message: "遇 API 拒绝，或没有可上报施工完成的 LOA：见“说明”列",
		Hint:    "“说明”列注明是哪一种；关于本行的错误码，可运行 loabatch explain CODE。",
		Why:     "同样的上报 API 还会拒绝，因此没有重试。",
	},
	"report-step-failed-complete": {
		Message: "尝试次数用尽，没有上报：请重新运行",
		Hint:    "请稍后重新运行同一命令。",
		Why:     "多次尝试（--max-attempts）期间，API 每次都无法访问、繁忙或限流，并且所有尝试均未生效。",
	},
	"report-step-unknown-complete": {
		Message: "可能已送达：请重新运行；Token 可避免重复上报",
		Hint:    "请重新运行同一命令；“说明”列给出时间的，请在该时间之后运行。在此之前请勿修改该行。",
		Why:     "请求的响应丢失。下次运行会先查询 LOA，再决定是否发送。",
	},
	"report-step-skipped-complete": {
		Message: "施工尚未完成，或未在 --only 范围内",
		Hint:    "施工完成后，请在“施工完成”列填写“是”，然后重新运行。",
		Why:     "loabatch complete 只处理“施工完成”列填写“是”的行。",
	},

	"confirm-input-complete":    {Message: "{file} 的工作表“{sheet}”：共 {rows} 行，LOA 可用的将上报施工完成，最多 {going} 行"},
	"confirm-warned-complete":   {Message: "  要上报的行中有 {n} 行有警告"},
	"confirm-billing":           {Message: "  其中 {n} 条专线随后将确认，即开始提供服务并计费"},
	"confirm-accounts-complete": {Message: "是否以 {n} 个账号向 {endpoint} 上报 {count} 条专线施工完成？"},
	"confirm-complete":          {Message: "是否以账号 {account} 向 {endpoint} 上报 {count} 条专线施工完成？"},

	"IncorrectStatus.PhysicalConnectionLOA-complete": {
		Message: "该专线没有可上报施工完成的 LOA",
		Hint:    "如需查看状态，请运行：loabatch status FILE",
		Source:  zhCompletionPage,
	},
	"IncorrectStatus.PhysicalConnection-confirm": {
		Message: "专线的状态不允许确认",
		Hint:    "专线为 Allocated 且施工完成已上报时才能确认：请在高速通道控制台查看。",
		Source:  zhConfirmationPage,
	},
}
