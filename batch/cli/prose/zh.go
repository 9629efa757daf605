package prose

// The Chinese sentences are written for people who run circuits in China, not translated
// word by word. A message has no full stop, a hint is a sentence that ends in 。 or in a
// command. Punctuation is full-width; a space separates Chinese from Latin letters, digits
// and placeholders, but not from punctuation. Names of sheets and columns and values of
// cells are in “”, since they may be Chinese words themselves. Codes, result words, flags,
// commands and the API's values stay unchanged. Chinese needs no plurals: {n} 行.
//
// The terms are those of Alibaba Cloud's own Chinese pages:
//
//	Express Connect         高速通道            help.aliyun.com/zh/express-connect
//	circuit                 物理专线, 专线      help.aliyun.com/document_detail/112109.htm (ApplyPhysicalConnectionLOA)
//	instance ID             实例 ID             the same page: 物理专线实例 ID
//	region, region ID       地域, 地域 ID       the same page: 物理专线所属的地域 ID
//	construction company    施工单位            the same page: 物理专线施工单位
//	construction engineer   施工工程师          the same page: 施工工程师信息
//	certificate number      证件号码            the same page: 施工工程师证件号码
//	gender, contact         性别, 联系方式      the same page: 施工工程师性别, 施工工程师联系方式
//	client token            客户端 Token        the same page; likewise 幂等性
//	entry to the site       入场                the same page: 施工单位入场时间
//	LOA                     LOA, 专线施工授权函 help.aliyun.com/zh/express-connect/user-guide/second-application-for-construction-process-of-physical-special-line
//	company name, line type 公司名称, 专线类型  the same page, the form 申请 LOA
//	FIBRE, Other            光纤直连, 其他      the same page, the choices of 专线类型
//	construction time       施工时间            the same page: 计划施工时间
//	review                  审核                the same page: 审核人员, 审核通过, 2 个工作日
//	access point, carrier   接入点, 运营商      help.aliyun.com/zh/express-connect/user-guide/process-of-creating-a-dedicated-physical-connection
//	letter (the file)       LOA 文件            help.aliyun.com/zh/express-connect/api-vpc-2016-04-28-describephysicalconnectionloa-efficiency-channels
//	Applying                申请中              the same page, as are the other states of an LOA:
//	Accept                  申请通过
//	Available               可用
//	Rejected                已驳回              there: LOA 申请驳回
//	Completing              施工中              there: 专线施工中
//	Complete                施工完成            there: 专线施工完成
//	Deleted                 已删除
//	construction finished   施工完竣            help.aliyun.com/document_detail/114590.htm (CompletePhysicalConnectionLOA)
//	line code, line label   运营商线路编码, 机房楼内线缆标签  the same page
//	line provider, contact  运营商主体, 线路运维联系方式      the same page
//	confirm a circuit       确认物理专线        help.aliyun.com/document_detail/198860.htm (ConfirmPhysicalConnection)
//	Initial … Terminated    申请中, 审批通过, 正在分配资源, 接入施工中, 等待用户确认, 已开通,
//	                        申请被拒绝, 已取消, 资源分配失败, 已终止
//	                                            help.aliyun.com/document_detail/36042.html (DescribePhysicalConnections; an edition of 2019)
//	business status         付费状态            the same edition: Normal 正常, FinancialLocked 欠费锁定, SecurityLocked 因安全原因被锁定
//	outbound data transfer  出方向流量          help.aliyun.com/document_detail/324187.html (GetPhysicalConnectionServiceStatus): 开通出方向流量服务
//	credentials             访问凭据            help.aliyun.com/zh/sdk/developer-reference/create-a-client
//	AccessKey, STS Token    unchanged           the same page
//	RAM user, RAM role      RAM 用户, RAM 角色  the same page
//	account                 阿里云账号          the same page
//	idempotency             幂等                help.aliyun.com/knowledge_detail/36569.html
//	response                响应                the same page: 无法获取响应结果
//	dry run                 预检                the parameter DryRun of its APIs: 是否只预检此次请求
//	flag                    选项                help.aliyun.com/zh/cli/simulate-a-call.md: --dryrun 选项
//	request ID, error code  请求 ID, 错误码     any API page
//
// No page has these; they were chosen as Chinese operations software has them: 台账
// (ledger), 结果副本 (results copy), 运行 (run), 配额 (quota), 限流 (throttling), 结果待确认 (not settled), 服务地址 (endpoint, since 接入点 is a site here),
// 对端位置 (peer location; the console says 客户 IDC 地址, the API page 部署物理专线的地理位置),
// 机房 (site), 工作簿, 工作表, 表头, 批注 (as Excel and WPS do), 错误, 警告, 提示 (severities).

// Sources of several rules.
const (
	zhAPIPage      = "阿里云 VPC API：ApplyPhysicalConnectionLOA"
	zhCompletePage = "阿里云 VPC API：CompletePhysicalConnectionLOA"
	zhGB11643      = "GB 11643-1999《公民身份号码》"
	zhXlsxCell     = "ECMA-376 第 1 部分，18.3.1.4（cell）和 18.18.11（单元格类型）"
	zhContract     = "loabatch：.github/docs/reference.md，The workbook"
	zhPromises     = "loabatch：README.md，Promises"
)
