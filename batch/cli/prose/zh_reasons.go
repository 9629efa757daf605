package prose

// What several reasons have in common.
const (
	zhSameCommand    = "请重新运行同一命令。"
	zhRunAgain       = "请重新运行，将从中断处继续。"
	zhFixAccount     = "请按错误码的说明解决访问凭据、权限或账号的问题，然后重新运行。"
	zhLedgerFirst    = "任何申请都先记入台账再发送：否则程序崩溃后可能会重复申请。"
	zhCanary         = "使用 --canary N 时，先发送前 N 个需要发送的行；全部受理之后，才发送其余各行。"
	zhOneCause       = "大量失败通常是同一原因所致。"
	zhInFlight       = "loabatch 出现缺陷后不再处理新的行；已发出的请求都已完成并记录。"
	zhSameToken      = "请重新运行；Token 不变，不会重复申请。"
	zhWhichWay       = "请检查 --endpoint 和代理是否指向 API，以及是否有登录页面拦截。"
	zhDoctorForProxy = "loabatch doctor 会显示所用的代理。"
)

// zhReasons: why a row has its result and why a run stopped.
var zhReasons = map[string]Entry{
	"reason-accepted": {
		Message: "API 已受理申请",
		Hint:    "无需处理；LOA 审核约需两个工作日。",
		Why:     "API 返回了请求 ID，没有错误。已受理不等于 LOA 审核通过：请运行 loabatch status FILE 跟进。",
	},
	"reason-answer-lost": {
		Message: "响应丢失，但 LOA 已存在且与本行一致",
		Hint:    "无需处理；申请已送达。",
		Why:     "申请发出后连接中断或 API 出错。本次运行没有再次申请，而是查询 LOA，并已查到。",
	},
	"reason-in-ledger": {
		Message: "本行在以往的运行中已受理，本次没有发送",
		Hint:    "无需处理。",
		Why:     "台账显示 API 已受理该专线内容相同的申请。重复运行同一工作簿不会重复申请。",
	},
	"reason-loa-exists": {
		Message: "该专线已有 LOA",
		Hint:    "请在控制台核对 LOA 的内容与本行是否一致；如一致，则无需处理。",
		Why:     "一条专线只有一份 LOA。现有的 LOA 由以往的运行、控制台或其他人申请，内容可能与本行不同。",
	},
	"reason-loa-rejected": {
		Message: "该专线的 LOA 已驳回或已删除；只有用 --reapply 才会重新申请",
		Hint:    "请按驳回意见修改本行，然后用 --reapply 重新运行。",
		Why:     "LOA 驳回后如何处理，须由人决定。使用 --reapply 时，本行通过 SecondApplyPhysicalConnectionLOA 重新申请；否则不发送。",
	},
	"reason-valid": {
		Message: "本行通过了所有检查",
		Hint:    "可以提交。",
		Why:     "这是预检，没有发送任何申请。",
	},
	"reason-no-circuit": {
		Message: "现在提交，API 会拒绝：账号在 {region} 没有专线 {instance}",
		Hint:    "请在高速通道控制台核对实例 ID 和地域 ID，并用 loabatch doctor 检查账号，然后重新检查。",
		Why:     "在线预检列出了账号在该地域的专线，其中没有这个 ID。",
	},
	"reason-not-allocated": {
		Message: "现在提交，API 会拒绝：专线状态为 {circuit}，不是 Allocated",
		Hint:    "如专线仍在分配资源，请等待；如已开通、已拒绝或已取消，请核对实例 ID。",
		Why:     "只有专线状态为 Allocated（接入施工中）时才能申请 LOA。Initial、Approved 和 Allocating 在此之前，Confirmed 和 Enabled 在此之后；Rejected、Canceled、Allocation Failed 和 Terminated 是最终状态。",
	},
	"reason-locked": {
		Message: "现在提交，API 会拒绝：专线已锁定（付费状态 {circuit}）",
		Hint:    "请先解除锁定，再重新检查。FinancialLocked：请结清欠费。SecurityLocked：请联系阿里云技术支持。",
		Why:     "只有专线的付费状态为 Normal（正常）时才能申请 LOA。",
	},
	"reason-unasked": {
		Message: "未能从 API 查询到该专线的状态",
		Hint:    "请稍后重新运行；具体原因见错误码。",
		Why:     "多次查询专线状态（--max-attempts）都没有得到完整的响应，不知道该专线是否已有 LOA。本行没有预测结果，也没有发送；用 --survey off 可不经查询直接发送。",
	},
	"reason-invalid": {
		Message: "本行的单元格有错误，没有发送",
		Hint:    "请按副本中的错误清单修改单元格，然后重新运行。",
		Why:     "API 必然会拒绝的申请只会浪费配额和客户端 Token，因此先检查再发送。",
	},
	"reason-refused": {
		Message: "API 拒绝了申请：{meaning}",
		Hint:    "请按错误码的说明修改本行，或解决专线的问题，然后重新运行。",
		Why:     "同样的申请 API 还会拒绝，因此没有重试。",
	},
	"reason-attempts": {
		Message: "多次尝试均失败；API 中没有该申请",
		Hint:    "请稍后重新运行。",
		Why:     "多次尝试（--max-attempts）期间，API 每次都无法访问、繁忙或限流。所有尝试均未生效：有的未发出，有的得到了响应，最后一次查询也没有查到 LOA。",
	},
	"reason-unsettled": {
		Message: "申请可能已送达，本次运行未能确认",
		Hint:    "请重新运行：Token 不变，不会重复申请。",
		Why:     "响应丢失，而 LOA 无法查询或尚未出现。下次运行会先查询，再决定是否发送。",
	},
	"reason-settling": {
		Message: "该专线以往的请求仍可能生效，因此没有再发送",
		Hint:    "请在 {after} UTC 之后重新运行：届时再查询一次 LOA，如没有则发送本行。",
		Why:     "有一次请求的响应丢失，之后本行又有修改或遭拒绝。API 可能仍在处理那次请求，或尚未列出其 LOA；请求发出十分钟之后，查询结果才可靠。",
	},
	"reason-not-listed": {
		Message: "以往的申请已受理，但 API 现在没有列出 LOA，因此没有发送",
		Hint:    "请在高速通道控制台查看该专线；如 LOA 已在控制台撤回，请同样在控制台重新申请。",
		Why:     "已受理的专线，只有 API 明确返回 LOA 已驳回或已删除时才会再次申请。没有列出，可能只是查询结果滞后。十分钟之内，也可能仍显示更早一次申请的 LOA，因此驳回的可能是那一份。",
	},
	"reason-withheld": {
		Message: "另有行未通过校验，因此本行没有发送（--all-or-nothing）",
		Hint:    "请修改未通过校验的行，然后重新运行。",
		Why:     "使用 --all-or-nothing 时，工作簿要么全部发送，要么全不发送。",
	},
	"reason-interrupted": {
		Message: "运行在处理到本行之前中断",
		Hint:    zhRunAgain,
		Why:     "收到信号，运行停止。已发出的请求都已完成并记录。",
	},
	"reason-duration": {
		Message: "运行时间已到，没有处理到本行（--max-duration）",
		Hint:    zhRunAgain,
		Why:     "超过 --max-duration 后不再处理新的行，因此夜间运行能在早上之前结束。",
	},
	"reason-max-failures": {
		Message: "失败的行过多，运行在处理到本行之前停止（--max-failures）",
		Hint:    "请检查失败的行；解决问题后重新运行。",
		Why:     zhOneCause + "设置上限，可避免其余各行同样失败。",
	},
	"reason-canary": {
		Message: "先行发送的行未全部受理，因此本行没有发送（--canary）",
		Hint:    "请检查先行发送的行；解决问题后重新运行。",
		Why:     zhCanary,
	},
	"reason-stopped": {
		Message: "运行在本行受理之前停止：API 返回的错误对每一行都相同",
		Hint:    zhFixAccount,
		Why:     "访问凭据有误、缺少权限或账号欠费时，API 会拒绝每一行，因此停止运行。",
	},
	"reason-refused-all": {
		Message: "API 拒绝了申请，其他各行也会拒绝：{meaning}",
		Hint:    zhFixAccount,
		Why:     "本行已发送，但没有申请成功。该响应针对账号而不是本行，因此运行停止，本行留待下次运行。",
	},
	"reason-account": {
		Message: "未提交：配置 {profile} 的账号无法使用",
		Hint:    "请检查“账号”单元格，并用 loabatch doctor 检查该配置，然后重新运行。",
		Why:     "没有找到该配置的访问凭据，或服务端拒绝了该访问凭据，或 --expect-account 未列出其账号。其他账号的行不受影响。",
	},
	"reason-region": {
		Message: "地域未知或无法访问",
		Hint:    "请检查地域 ID 和本机的 DNS，然后重新运行。",
		Why:     "该地域的域名无法解析，或 API 无法识别该地域。其他地域的行不受影响。",
	},
	"reason-ledger-failed": {
		Message: "无法写入台账，因此没有发送",
		Hint:    "请释放磁盘空间，或更正台账的路径（见 loabatch doctor），然后重新运行。",
		Why:     zhLedgerFirst,
	},
	"reason-panic": {
		Message: "出现内部错误，运行在处理到本行之前停止",
		Hint:    zhRunAgain + "如再次出现，请反馈，并附上 loabatch 的输出。",
		Why:     zhInFlight,
	},
	"reason-review": {
		Message: "LOA 的状态为 {loa}；LOA 可用后才能上报施工完成",
		Hint:    "请等待，然后重新运行。如需跟进，请运行：loabatch status FILE",
		Why:     "阿里云审核申请约需两个工作日。LOA 文件出具之后，才能上报施工完成。",
	},
	"reason-no-loa": {
		Message: "该专线没有 LOA，因此没有可上报的施工",
		Hint:    "请先申请：loabatch submit FILE",
		Why:     "只有审核通过的 LOA 才能上报施工完成。该专线没有 LOA，或 LOA 已删除。",
	},
	"reason-unfinished": {
		Message: "本行没有注明施工已完成",
		Hint:    "施工完成后，请在“施工完成”列填写“是”，然后重新运行。",
		Why:     "只有填写“是”的行才会上报施工完成。",
	},
	"reason-skipped": {
		Message: "未在 --only 范围内，已跳过",
		Hint:    "请去掉 --only，或将本行的结果加入其中。",
		Why:     "--only 按上一次的结果选择行：以台账为准，台账中没有时以“结果”列为准。",
	},

	"stop-fatal": {
		Message: "API 返回 {code}，每一行都会如此，因此不再发送",
		Hint:    "请解决访问凭据、权限或账号的问题，然后重新运行同一命令。",
		Why:     "继续运行，每一行也只会得到同样的响应。",
	},
	"stop-account": {
		Message: "部分账号无法使用或已停止；其他账号的行不受影响",
		Hint:    "请解决访问凭据、权限或账号的问题，然后重新运行同一命令。",
		Why:     "关于账号的响应对该账号的每一行都一样，因此不再以该账号发送。其他账号的行不受影响。",
	},
	"stop-max-failures": {
		Message: "已拒绝或失败的行过多（--max-failures），因此不再发送",
		Hint:    "请检查失败的行；解决问题后重新运行同一命令。",
		Why:     zhOneCause,
	},
	"stop-canary": {
		Message: "先行发送的行中有一行未受理（--canary），因此不再发送",
		Hint:    "请检查先行发送的行；解决问题后重新运行同一命令。",
		Why:     zhCanary,
	},
	"stop-duration": {
		Message: "运行时间已到（--max-duration）",
		Hint:    "请重新运行同一命令，将从中断处继续。",
		Why:     "超过 --max-duration 后不再处理新的行；已发出的请求都已完成。",
	},
	"stop-ledger": {
		Message: "无法写入台账，因此不再发送",
		Hint:    "请释放磁盘空间，或更正台账的路径（见 loabatch doctor），然后重新运行同一命令。",
		Why:     zhLedgerFirst,
	},
	"stop-panic": {
		Message: "出现内部错误，运行停止，不再发送",
		Hint:    zhSameCommand + "如再次出现，请反馈，并附上 loabatch 的输出。",
		Why:     zhInFlight,
	},
	"stop-interrupted": {
		Message: "运行中断；已发出的请求都已完成并记录",
		Hint:    "请重新运行同一命令，将从中断处继续。",
		Why:     "收到第一次信号时，不再处理新的行，完成已发出的请求；收到第二次信号时立即退出，已发出的请求都记在台账中。",
	},
}

// zhWire: why a call got no answer from the API. These codes are ours, in parentheses.
var zhWire = map[string]Entry{
	// nothing was sent
	"(bad-region)": {
		Message: "地域 ID 的格式不正确",
		Hint:    "请填写地域 ID，例如 cn-hangzhou：只含小写字母、数字和短横线。",
		Why:     "地域 ID 是 API 域名的一部分。",
		Wrong:   "华东1（杭州）",
		Right:   "cn-hangzhou",
	},
	"(no-such-host)": {
		Message: "该地域的域名不存在",
		Hint:    "请更正地域 ID，或检查本机的 DNS；运行 loabatch doctor --region ID 可看出是哪一种情况。",
	},
	"(dns)": {
		Message: "DNS 服务器没有响应",
		Hint:    "请检查本机的网络和 DNS，然后重新运行。",
	},
	"(connection-refused)": {
		Message: "API 的服务地址拒绝连接",
		Hint:    "请检查服务地址（--endpoint 或 LOABATCH_ENDPOINT）和网络，然后重新运行。",
	},
	"(unreachable)": {
		Message: "无法访问 API 的服务地址",
		Hint:    "请检查本机的网络，然后重新运行。",
	},
	"(proxy)": {
		Message: "无法连接到代理",
		Hint:    "请检查 HTTPS_PROXY 和 NO_PROXY；" + zhDoctorForProxy,
	},
	"(proxy-url)": {
		Message: "环境变量中的代理地址不是有效的 URL",
		Hint:    "请更正 HTTPS_PROXY；用户名和密码中的特殊字符须用百分号编码。",
		Why:     "没有发送任何内容：如绕过代理，含有姓名和证件号码的请求就会经由预期以外的路径发出。",
		Wrong:   "http://user:p@ss/word@proxy.example.com:3128",
		Right:   "http://user:p%40ss%2Fword@proxy.example.com:3128",
	},
	"(proxy-sign-in)": {
		Message: "代理要求用户名和密码（407）",
		Hint:    "请在 HTTPS_PROXY 中写明，形如 http://USER:PASSWORD@HOST:PORT；" + zhDoctorForProxy,
	},
	"(proxy-redirect)": {
		Message: "代理返回了重定向，多半是要求先登录",
		Hint:    "请先完成上网认证，或更正 HTTPS_PROXY；" + zhDoctorForProxy,
	},
	"(proxy-answer)": {
		Message: "代理未能连接到 API",
		Hint:    "请联系代理的管理员，放行到 *.aliyuncs.com 443 端口的连接；" + zhDoctorForProxy,
	},
	"(tls)": {
		Message: "API 的证书不受信任",
		Hint:    "如代理会解密流量，请在本机安装代理的根证书；另请检查系统时间。",
		Why:     "证书不受信任时，网络途中的任何人都可能看到姓名和证件号码，因此没有发送请求。",
	},
	"(credentials)": {
		Message: "访问凭据的来源没有返回密钥",
		Hint:    "请用 loabatch doctor 检查，然后重新运行。",
	},
	"(client)": {
		Message: "无法生成请求",
		Hint:    "请重新运行；如反复出现，请反馈，并附上 loabatch version 的输出。",
	},

	// it may have arrived
	"(timeout)": {
		Message: "未在规定时间内收到响应",
		Hint:    "请重新运行；如经常出现，请调大 --timeout。",
	},
	"(canceled)": {
		Message: "等待响应期间运行中断",
		Hint:    zhSameToken,
	},
	"(connection-reset)": {
		Message: "收到响应之前连接中断",
		Hint:    zhSameToken,
	},
	"(no-answer)": {
		Message: "连接已关闭，没有响应",
		Hint:    zhSameToken,
	},
	"(cut-off)": {
		Message: "响应不完整",
		Hint:    zhSameToken,
	},
	"(network)": {
		Message: "连接失败",
		Hint:    "请检查本机的网络，然后重新运行。",
	},
	"(oversized-answer)": {
		Message: "响应超过 1 MiB",
		Hint:    "请检查 --endpoint 和代理是否指向 API，然后重新运行。",
	},
	"(odd-answer)": {
		Message: "响应似乎不是来自 API",
		Hint:    zhWhichWay,
	},
	"(web-page)": {
		Message: "响应是网页，例如代理的登录页面或防火墙的提示页",
		Hint:    "请检查 --endpoint 和代理是否指向 API，以及是否有登录页面拦截，然后重新运行。",
		Why:     "API 的响应是 JSON。收到网页时，无法判断请求是否已到达 API，因此再为该专线发送请求之前会先查询。",
	},
	"(redirect)": {
		Message: "响应是重定向，而 API 从不重定向",
		Hint:    zhWhichWay,
		Why:     "请求中有姓名和证件号码；跟随重定向会将其发送到其他主机。",
	},
	"(empty-answer)": {
		Message: "响应为空",
		Hint:    zhSameToken,
	},
	"(server-error)": {
		Message: "服务端或网关出错",
		Hint:    "请稍后重新运行；Token 不变，不会重复申请。",
	},
	"(too-long)": {
		Message: "请求过长，服务器不接受",
		Hint:    "请缩短本行中最长的值，或减少该专线的工程师。",
	},
	"(throttled)": {
		Message: "短时间内请求过多",
		Hint:    "请重新运行；如经常出现，请调低 --rate。",
	},
}
