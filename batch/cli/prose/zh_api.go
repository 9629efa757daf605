package prose

// Where the API's codes are documented in Chinese.
const (
	zhApplyPage  = "https://help.aliyun.com/document_detail/112109.htm"
	zhLOAPage    = "https://help.aliyun.com/zh/express-connect/api-vpc-2016-04-28-describephysicalconnectionloa-efficiency-channels"
	zhPconnPage  = "https://help.aliyun.com/document_detail/36042.html"
	zhCommonPage = "https://help.aliyun.com/zh/polardb/client-error-codes"
)

// Why an answer about permission or keys does not end every run, and what several codes share.
const (
	zhWhyDenied   = "如果前三条专线（不足三条时为全部）都得到这一响应，且没有一条已受理，则问题在账号，运行停止；否则问题在专线：该行的结果为 REFUSED，其余各行继续。"
	zhWhyKeys     = "来自配置、角色或其他服务的密钥可能已经更新：运行停止之前会先重新获取一次。"
	zhFixNamed    = "请修改错误码所指参数对应的单元格，然后重新运行。"
	zhTopUp       = "请充值后重新运行。"
	zhAskForRoles = "请申请 README 中 RAM 策略所列的权限；loabatch doctor 会显示当前使用的用户或角色。"
	zhInMinutes   = "请过几分钟重新运行。"
	zhStillAtWork = "请过几分钟重新运行；Token 不变，不会重复申请。"
)

// zhAPI: the API's error codes, spelt as the API spells them.
var zhAPI = map[string]Entry{
	// a parameter is missing
	"MissingParam.*": {
		Message: "缺少参数",
		Hint:    "请填写错误码所指参数对应的单元格，然后重新运行。",
		Source:  zhApplyPage,
	},
	"MissingParam.AliUid": {
		Message: "API 无法识别请求来自哪个账号",
		Hint:    "请用 loabatch doctor 检查访问凭据；如无误，请联系阿里云技术支持，并提供请求 ID。",
		Source:  zhApplyPage,
	},
	"MissingParam.InstanceId": {
		Message: "缺少专线实例 ID",
		Hint:    "请填写“实例 ID”（pc-…），然后重新运行。",
		Source:  zhApplyPage,
	},
	"MissingParam.RegionNo": {
		Message: "缺少地域",
		Hint:    "请填写“地域 ID”，或用 --region 指定默认地域，然后重新运行。",
		Source:  zhApplyPage,
	},
	"MissingParam.PMInfo": {
		Message: "缺少施工工程师",
		Hint:    "请在施工工程师工作表中为该专线添加至少一行，然后重新运行。",
		Why:     "API 的参数表中施工工程师为选填，但没有施工工程师的申请，API 会拒绝。",
		Source:  zhApplyPage,
	},

	// a parameter is not accepted
	"IllegalParam.*": {
		Message: "API 不接受某个参数的值",
		Hint:    zhFixNamed,
		Source:  zhApplyPage,
	},
	"IllegalParam.LineOperator": {
		Message: "API 不接受该专线的运营商",
		Hint:    "运营商是专线的属性，不在工作簿中：请在高速通道控制台查看。",
		Source:  zhApplyPage,
	},
	"IllegalParam.LineType": {
		Message: "API 不接受该专线类型",
		Hint:    "请选择 MSTP、MPLSVPN、光纤直连（FIBRE）或其他（Other）。",
		Wrong:   "SDH",
		Right:   "MSTP",
		Source:  zhApplyPage,
	},
	"IllegalParam.PeerLocation": {
		Message: "API 不接受该对端位置",
		Hint:    "请填写普通的通信地址，或将单元格留空。",
		Source:  zhApplyPage,
	},
	"IllegalParam.PmCertificateType": {
		Message: "API 不接受某名工程师的证件类型",
		Hint:    "请选择身份证（IDCard）或护照（Passport）。",
		Wrong:   "驾驶证",
		Right:   "Passport",
		Source:  zhApplyPage,
	},
	"IllegalParam.PmCertificateNo": {
		Message: "API 不接受某名工程师的证件号码",
		Hint:    "请对照证件核对号码和证件类型。",
		Source:  zhApplyPage,
	},
	"IllegalParam.PmContactInfo": {
		Message: "API 不接受某名工程师的联系方式",
		Hint:    "请填写能接收机房短信的电话号码。",
		Source:  zhApplyPage,
	},
	"IllegalParam.PmGender": {
		Message: "API 不接受某名工程师的性别",
		Hint:    "请选择男（Male）或女（Female）。",
		Source:  zhApplyPage,
	},
	"IllegalParam.PmName": {
		Message: "API 不接受某名工程师的姓名",
		Hint:    "请填写与证件一致的姓名。",
		Source:  zhApplyPage,
	},
	"IllegalParam.Si": {
		Message: "API 不接受该施工单位",
		Hint:    "请填写施工单位的注册名称。",
		Source:  zhApplyPage,
	},
	"IllegalParam.CompanyName": {
		Message: "API 不接受该公司名称",
		Hint:    "请填写阿里云账号的注册名称。",
		Source:  zhApplyPage,
	},
	"IllegalParam.Bandwidth": {
		Message: "API 不接受该带宽",
		Hint:    "请填写 2 到 10240 的整数，单位为 Mbit/s；或将单元格留空。",
		Wrong:   "1 Gbit/s",
		Right:   "1000",
		Source:  zhApplyPage,
	},
	"Invalid*.Malformed": {
		Message: "API 无法解析某个参数的值",
		Hint:    zhFixNamed,
		Source:  zhApplyPage,
	},
	"InvalidConstructionTime.Malformed": {
		Message: "API 无法解析施工时间",
		Hint:    "请填写日期和时刻，例如 2030-01-31T08:00:00Z。",
		Wrong:   "下周一",
		Right:   "2030-01-31T08:00:00Z",
		Source:  zhApplyPage,
	},

	// the circuit or its LOA does not allow it
	"InvalidInstanceId.NotFound": {
		Message: "账号在该地域没有这条专线",
		Hint:    "请在高速通道控制台核对实例 ID 和地域 ID，并用 loabatch doctor 检查账号。",
		Source:  zhApplyPage,
	},
	"IncorrectStatus.*": {
		Message: "专线的当前状态不允许此操作",
		Hint:    "请在高速通道控制台查看专线的状态。",
		Source:  zhApplyPage,
	},
	"OperationDenied.LOAStatusNotAllowComplete": {
		Message: "LOA 的状态不允许上报施工完成",
		Hint:    "请等待 LOA 可用。如需查看状态，请运行：loabatch status FILE",
		Source:  zhCompletionPage,
	},
	"OperationUnsupported.SkipConstruction*": {
		Message: "施工完成尚未上报，因此不能确认专线",
		Hint:    "LOA 可用后，请重新运行 loabatch complete FILE。",
		Source:  zhConfirmationPage,
	},
	"ResourceNotFound.PhysicalConnectionId": {
		Message: "该账号在此地域没有这条专线",
		Hint:    "请核对实例 ID、地域和账号。",
		Source:  zhConfirmationPage,
	},
	"InvalidPhysicalConnectionId.NotFound": {
		Message: "该账号在此地域没有这条专线",
		Hint:    "请核对实例 ID、地域和账号。",
		Source:  zhConfirmationPage,
	},
	"IncorrectStatus.PhysicalConnection": {
		Message: "专线的状态不允许申请 LOA",
		Hint:    "未到“接入施工中”（Allocated）的，请等待；已开通、已拒绝或已取消的，请核对实例 ID。如需查看专线状态，请运行：loabatch submit --dry-run=online FILE",
		Source:  zhApplyPage,
	},
	"IncorrectStatus.PhysicalConnectionLOA": {
		Message: "该专线已有 LOA，有效或已驳回",
		Hint:    "如已驳回，请修改本行，然后用 --reapply 重新申请。如需查看状态，请运行：loabatch status FILE",
		Source:  zhApplyPage,
	},
	"IdempotentParameterMismatch": {
		Message: "该客户端 Token 已用于另一份内容不同的申请",
		Hint:    "请清空“客户端 Token”单元格以自动生成，或填写从未用过的 Token。",
		Why:     "Token 重复时，API 返回首次请求的响应；如参数有变化，则拒绝请求。",
		Source:  vpcPage,
	},

	// the account
	"OperationFailed.PconnTrafficNotEnable": {
		Message: "该账号未开通出方向流量服务",
		Hint:    "请联系阿里云账号的管理员，在高速通道控制台开通出方向流量服务，然后重新运行。",
		Why:     "未开通时，API 会拒绝该账号的所有申请，因此第一条申请被拒绝后就停止运行。",
		Source:  zhApplyPage,
	},
	"InvalidAccountStatus.NotEnoughBalance": {
		Message: "账号余额不足",
		Hint:    zhTopUp,
		Source:  ecsPage,
	},
	"Account.Arrearage": {
		Message: "账号欠费",
		Hint:    "请结清欠费后重新运行。",
		Source:  eciPage,
	},
	"AccountMoneyValidateError": {
		Message: "账号余额不足",
		Hint:    zhTopUp,
		Source:  vpcPage,
	},
	"InsufficientBalance": {
		Message: "账号余额不足",
		Hint:    zhTopUp,
		Source:  zhCommonPage,
	},
	"PAY.INSUFFICIENT_BALANCE": {
		Message: "账号余额不足",
		Hint:    zhTopUp,
		Source:  "https://www.alibabacloud.com/help/ja/doc-detail/2856441.html",
	},

	// credentials and permissions
	"InvalidAccessKeyId*": {
		Message: "API 不接受该 AccessKey",
		Hint:    "请运行 loabatch doctor 查看所用的访问凭据，并检查该 AccessKey 是否存在且已启用。",
		Why:     zhWhyKeys,
		Source:  zhCommonPage,
	},
	"SignatureDoesNotMatch": {
		Message: "AccessKey Secret 不正确",
		Hint:    "请重新复制 AccessKey Secret；多一个空格或少一个字符都会出错。如已遗失，请创建新的 AccessKey：Secret 只在创建时显示。",
		Why:     zhWhyKeys,
		Source:  zhCommonPage,
	},
	"IncompleteSignature": {
		Message: "API 未能验证签名",
		Hint:    "请用 loabatch doctor 检查访问凭据，并检查代理是否修改了请求。",
		Source:  zhCommonPage,
	},
	"InvalidSecurityToken*": {
		Message: "STS Token 已过期，或与 AccessKey 不匹配",
		Hint:    "请获取新的临时访问凭据后重新运行；已受理的行不会重复申请。",
		Why:     zhWhyKeys,
		Source:  zhCommonPage,
	},
	"Forbidden*": {
		Message: "该账号或用户无权执行此操作",
		Hint:    "请申请该专线的 vpc:ApplyPhysicalConnectionLOA 权限；loabatch doctor 会显示当前使用的用户或角色。",
		Why:     zhWhyDenied,
		Source:  zhCommonPage,
	},
	"Forbidden.RAM": {
		Message: "该 RAM 用户或 RAM 角色没有此调用的权限",
		Hint:    zhAskForRoles,
		Why:     zhWhyDenied,
		Source:  ramPage,
	},
	"Forbidden.RiskControl": {
		Message: "账号受到风控限制",
		Hint:    "请联系阿里云账号的管理员查看控制台中的消息，或联系阿里云技术支持。",
		Source:  zhCommonPage,
	},
	"NoPermission": {
		Message: "该用户或角色没有此调用的权限",
		Hint:    zhAskForRoles,
		Why:     zhWhyDenied,
		Source:  zhCommonPage,
	},
	"InvalidTimeStamp.Expired": {
		Message: "本机的系统时间误差超过 15 分钟",
		Hint:    "请校准系统时间，建议使用 NTP；loabatch doctor 会显示相差多少。",
		Source:  zhCommonPage,
	},
	"InvalidRegionId*": {
		Message: "API 无法识别该地域",
		Hint:    "请更正地域 ID；运行 loabatch doctor --region ID 可检查地域是否存在。",
		Wrong:   "cn-hangzou",
		Right:   "cn-hangzhou",
		Source:  vpcPage,
	},

	// try later
	"Throttling*": {
		Message: "短时间内请求过多",
		Hint:    "请重新运行；如经常出现，说明有其他程序在使用账号的配额：请调低 --rate。",
		Why:     "API 按账号、地域和 API 统计请求数，与由哪个程序发送无关。",
		Source:  zhCommonPage,
	},
	"Rejected.Throttling": {
		Message: "短时间内请求过多",
		Hint:    "请重新运行；如经常出现，请调低 --rate。",
		Source:  vpcPage,
	},
	"*TokenProcessing": {
		Message: "API 仍在处理本行先前的请求",
		Hint:    zhStillAtWork,
		Source:  ecsPage,
	},
	"IdempotenceProcessing": {
		Message: "API 仍在处理本行先前的请求",
		Hint:    zhStillAtWork,
		Source:  vpcPage,
	},
	"SystemBusy":         {Message: "API 繁忙", Hint: "请稍后重新运行。", Source: vpcPage},
	"OperationConflict":  {Message: "该专线正在执行另一操作", Hint: zhInMinutes, Source: vpcPage},
	"TaskConflict":       {Message: "该专线正在执行另一任务", Hint: zhInMinutes, Source: vpcPage},
	"Conflict.Lock":      {Message: "该专线已由其他操作锁定", Hint: zhInMinutes, Source: vpcPage},
	"LockFailed":         {Message: "该专线已由其他操作锁定", Hint: zhInMinutes, Source: vpcPage},
	"SignatureNonceUsed": {Message: "API 两次收到同一请求", Hint: "请重新运行；如经常出现，可能是代理重复发送了请求。", Source: zhCommonPage},
	"ServiceUnavailable": {Message: "服务暂不可用", Hint: "请稍后重新运行；Token 不变，不会重复申请。", Source: zhCommonPage},
	"InternalError":      {Message: "服务出现内部错误", Hint: "请稍后重新运行；如反复出现，请联系阿里云技术支持，并提供请求 ID。", Source: zhCommonPage},
}
