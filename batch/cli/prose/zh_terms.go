package prose

// zhTerms: the words that reports, the history and shells show, for explain.
var zhTerms = map[string]Entry{
	// the statuses of a circuit
	"status-before": {
		Message: "专线尚未就绪：到“接入施工中”（Allocated）才能申请 LOA",
		Hint:    "请等待，然后再检查：loabatch submit --dry-run=online FILE",
		Why:     "Initial、Approved 和 Allocating 在 Allocated 之前。",
		Source:  zhPconnPage,
	},
	"status-allocated": {
		Message: "专线处于“接入施工中”：可以申请 LOA",
		Hint:    "请申请：loabatch submit FILE",
		Source:  zhPconnPage,
	},
	"status-after": {
		Message: "专线的接入施工已结束：不能申请 LOA",
		Hint:    "请在高速通道控制台核对实例 ID。",
		Why:     "Confirmed 和 Enabled 在 Allocated 之后。",
		Source:  zhPconnPage,
	},
	"status-final": {
		Message: "专线已终止：不能申请 LOA",
		Hint:    "请在高速通道控制台核对实例 ID；如无误，请在控制台申请另一条专线。",
		Why:     "Canceled、Allocation Failed 和 Terminated 是最终状态。",
		Source:  zhPconnPage,
	},
	"status-locked": {
		Message: "专线已锁定：不能申请 LOA",
		Hint:    "请先解除锁定。FinancialLocked：请结清欠费。SecurityLocked：请联系阿里云技术支持。",
		Why:     "付费状态为 Normal 时才能申请 LOA。",
		Source:  zhPconnPage,
	},

	// the states of a run
	"run-running": {
		Message: "运行的进程仍在",
		Hint:    "请等待运行结束。",
		Why:     "在此之前，对同样专线的其他运行以退出码 9 结束。",
	},
	"run-ended": {
		Message: "运行已结束，并有结束记录",
		Hint:    "请看退出码；loabatch explain 4 可查看退出码 4 的含义。",
	},
	"run-died": {
		Message: "运行的进程已不在，没有结束记录",
		Hint:    "请重新运行同一命令，会继续处理其余各行。如需已处理部分的副本，请运行：loabatch report RUN",
		Why:     "进程已终止，或机器已停机。每份申请都在发送之前记入台账，因此不会遗漏，也不会重复申请。",
	},
	"run-taken-over": {
		Message: "运行异常中断，其专线由后来的运行接管",
		Hint:    "无需处理：未完成的部分由后来的运行处理。",
		Why:     "专线的锁已释放时，后来的运行会接管异常中断的运行未完成的部分。原来的运行如果恢复，不会再发送任何申请。",
	},

	// exit codes
	"exit-0": {
		Message: "每行的结果都是 SUBMITTED、ALREADY、VALID 或 SKIPPED",
		Hint:    "无需处理。",
	},
	"exit-1": {
		Message: "内部错误，或无法继续写入台账",
		Hint:    "如提示磁盘空间不足，请释放磁盘空间，然后重新运行同一命令。如再次出现，请附上提示和日志反馈。",
	},
	"exit-2": {
		Message: "用法有误，或无法读取输入文件；没有发送任何申请",
		Hint:    "请按提示修改命令或文件，然后重新运行。",
	},
	"exit-3": {
		Message: "校验发现错误，没有发送任何申请",
		Hint:    "请修改列出的单元格，然后重新运行。",
	},
	"exit-4": {
		Message: "已完成；有的行结果为 INVALID、REFUSED 或 BLOCKED，有 LOA 已驳回，或有 LOA 文件与其行不符",
		Hint:    "请按这些行的“说明”处理；需要修改的，请在副本中修改，然后提交副本。",
		Why:     "其余各行均已处理，不会重复申请。",
	},
	"exit-5": {
		Message: "已完成；有的行没有最终结果：FAILED、UNKNOWN 或 NOT_ATTEMPTED",
		Hint:    "请过几分钟重新运行同一命令；提示中给出时间的，请在该时间之后运行。",
		Why:     "在线预检或 loabatch status 对有的行没有得到响应，或有 LOA 文件未能下载、--in 的工作簿无法移动时，退出码也是 5。",
	},
	"exit-6": {
		Message: "已停止：访问凭据、权限、系统时间、代理、欠费、--max-failures 或 --canary",
		Hint:    "请解决提示中的问题，然后重新运行同一命令。如需检查问题所在，请运行：loabatch doctor",
		Why:     "问题涉及每一行，因此其余各行的结果为 NOT_ATTEMPTED。没有发送过任何申请时，不写出副本。",
	},
	"exit-7": {
		Message: "因 --max-duration 停止",
		Hint:    "请重新运行同一命令，会继续处理其余各行。",
	},
	"exit-8": {
		Message: "结果副本或输出无法写出；台账中有完整记录",
		Hint:    "请释放磁盘空间，或排除其他原因，然后重新生成副本：loabatch report RUN",
	},
	"exit-9": {
		Message: "另一次运行正在处理该工作簿中的专线，或 --in 的文件夹",
		Hint:    "请等待其结束，然后重新运行同一命令。",
	},
	"exit-signal": {
		Message: "因信号中断：130 SIGINT、131 SIGQUIT、134 SIGABRT、143 SIGTERM",
		Hint:    "请重新运行同一命令，会继续处理其余各行。",
		Why:     "已发送的请求均已完成并记录，副本已写出。",
	},
	"exit-killed": {
		Message: "进程由系统终止（SIGKILL），常见原因是内存不足",
		Hint:    "请重新运行同一命令，会继续处理其余各行。如需已处理部分的副本，请运行：loabatch report RUN",
		Why:     "这样终止的进程不写出副本，但台账中有完整记录。",
	},

	// what is not in the list of the API's error codes
	"api-unlisted": {
		Message: "loabatch 未收录的 API 错误码",
		Hint:    "请在 API 的错误码页面查找。如仍不清楚，请将错误码和该行的请求 ID 提供给阿里云技术支持。",
		Why:     "HTTP 状态码为 4xx 时，未收录的错误码视为拒绝；否则会先查询专线，再发送其他请求。请求 ID 见副本，或运行 loabatch history CIRCUIT 查看。",
		Source:  vpcPage,
	},

	// the kinds of words that explain lists
	"explain-kind-results":          {Message: "行的结果"},
	"explain-kind-loa_statuses":     {Message: "LOA 的状态"},
	"explain-kind-circuit_statuses": {Message: "专线的状态"},
	"explain-kind-runs":             {Message: "运行在历史记录中的状态"},
	"explain-kind-exit_codes":       {Message: "退出码"},
	"explain-kind-rules":            {Message: "工作簿的规则及级别"},
	"explain-kind-api_codes":        {Message: "API 的错误码；* 代表任意文字"},
	"explain-kind-lost_calls":       {Message: "没有得到 API 响应的原因"},
}
