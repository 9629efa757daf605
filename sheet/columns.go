package sheet

import "slices"

// ColumnID identifies a data column of either sheet.
type ColumnID uint8

// The data columns.
const (
	CircuitInstanceID ColumnID = iota
	CircuitRegionID
	CircuitCompanyName
	CircuitLineType
	CircuitSi
	CircuitConstructionTime
	CircuitBandwidth
	CircuitPeerLocation
	CircuitClientToken
	CircuitAccount
	CircuitLineCode
	CircuitLineLabel
	CircuitLineProvider
	CircuitLineContact
	CircuitFinished
	CircuitConfirm
	EngineerInstanceID
	EngineerName
	EngineerCertificateType
	EngineerCertificateNo
	EngineerGender
	EngineerContact

	columnCount
	NoColumn ColumnID = 255 // of a rule that is not about a single column
)

// The values of Construction finished and Confirm circuit.
const (
	Yes = "yes"
	No  = "no"
)

// SheetID identifies one of the two sheets.
type SheetID uint8

// The sheets.
const (
	CircuitsSheet SheetID = iota
	EngineersSheet
	BothSheets // of a rule that applies to either
)

// Standard names of the sheets, in English.
const (
	CircuitsName  = "Circuits"
	EngineersName = "Engineers"
)

// Column is an entry of the column table: what the template, the decoder, the rules and
// the documentation know about a column.
type Column struct {
	ID        ColumnID
	Sheet     SheetID
	Header    string   // standard header, in English
	Aliases   []string // other headers with the same meaning, in any language
	Parameter string   // the API's parameter; empty if there is none: Account, Confirm circuit, the engineers' Instance ID
	Required  bool
	Personal  bool     // masked wherever it is shown
	Text      bool     // the template formats the column as text (@), which keeps all digits
	Width     float64  // in the template, in characters
	Values    []string // the closed list of values, in the API's spelling
}

// ResultColumn identifies one of the columns written back.
type ResultColumn uint8

// The result columns, in the order in which they are written.
const (
	ColResult ResultColumn = iota
	ColMessage
	ColErrorCode
	ColRequestID
	ColSubmittedAt
	ColAttempts
	ColClientToken
	ColLOAStatus
	ColLOAAskedAt // this and what follows are written once there is something to say
	ColLetter
)

// earlyResults is how many result columns every copy has.
const earlyResults = int(ColLOAAskedAt)

// ResultHeaders holds the headers of the result columns, by ResultColumn.
var ResultHeaders = [...]string{
	ColResult:      "Result",
	ColMessage:     "Message",
	ColErrorCode:   "Error code",
	ColRequestID:   "Request ID",
	ColSubmittedAt: "Submitted at (UTC)",
	ColAttempts:    "Attempts",
	ColClientToken: "Client token used",
	ColLOAStatus:   "LOA status",
	ColLOAAskedAt:  "LOA asked at (UTC)",
	ColLetter:      "Letter",
}

// Columns is the column table, the single source of what is known about a column.
var Columns = []Column{
	{ID: CircuitInstanceID, Sheet: CircuitsSheet, Header: "Instance ID", Parameter: "InstanceId", Required: true, Text: true, Width: 28,
		Aliases: []string{"Instance", "Circuit ID", "Circuit", "Circuit instance ID", "Physical connection ID", "实例 ID", "实例", "实例编号", "专线 ID", "专线", "专线实例 ID", "专线实例", "物理专线 ID", "物理专线实例 ID"}},
	{ID: CircuitRegionID, Sheet: CircuitsSheet, Header: "Region ID", Parameter: "RegionId", Required: true, Text: true, Width: 18,
		Aliases: []string{"Region", "Region code", "地域", "地域 ID", "区域", "区域 ID", "所属地域"}},
	{ID: CircuitCompanyName, Sheet: CircuitsSheet, Header: "Company name", Parameter: "CompanyName", Required: true, Width: 32,
		Aliases: []string{"Company", "Customer company", "Customer company name", "公司名称", "公司", "公司名", "客户公司名称", "企业名称", "客户名称"}},
	{ID: CircuitLineType, Sheet: CircuitsSheet, Header: "Line type", Parameter: "LineType", Required: true, Width: 12,
		Aliases: []string{"Type of line", "Circuit type", "专线类型", "线路类型", "类型"},
		Values:  []string{"MSTP", "MPLSVPN", "FIBRE", "Other"}},
	{ID: CircuitSi, Sheet: CircuitsSheet, Header: "Construction company", Parameter: "Si", Required: true, Width: 30,
		Aliases: []string{"SI", "Construction company name", "Construction unit", "Contractor", "施工单位", "施工单位名称", "施工公司", "施工方"}},
	{ID: CircuitConstructionTime, Sheet: CircuitsSheet, Header: "Construction time (UTC)", Parameter: "ConstructionTime", Required: true, Width: 24,
		Aliases: []string{"Construction time", "Construction date", "Construction date (UTC)", "Construction start time", "Construction start time (UTC)", "施工时间", "施工时间 (UTC)", "施工日期", "施工日期 (UTC)", "计划施工时间", "计划施工时间 (UTC)"}},
	{ID: CircuitBandwidth, Sheet: CircuitsSheet, Header: "Bandwidth (Mbit/s)", Parameter: "Bandwidth", Width: 18,
		Aliases: []string{"Bandwidth", "Bandwidth (Mbps)", "Bandwidth (Mbit)", "Bandwidth (M)", "Bandwidth (Mb/s)", "带宽", "带宽 (Mbit/s)", "带宽 (Mbps)", "带宽 (Mb/s)", "带宽 (M)", "带宽 (兆)", "专线带宽", "专线带宽 (Mbps)", "专线带宽 (Mbit/s)"}},
	{ID: CircuitPeerLocation, Sheet: CircuitsSheet, Header: "Peer location", Parameter: "PeerLocation", Width: 34,
		Aliases: []string{"Location", "Peer address", "Peer site", "对端位置", "对端地址", "对端地理位置", "对端机房", "位置"}},
	{ID: CircuitClientToken, Sheet: CircuitsSheet, Header: "Client token", Parameter: "ClientToken", Text: true, Width: 40,
		Aliases: []string{"Token", "Idempotency token", "客户端 Token", "幂等 Token", "客户端令牌", "令牌"}},
	{ID: CircuitAccount, Sheet: CircuitsSheet, Header: "Account", Text: true, Width: 18,
		Aliases: []string{"Account profile", "Credentials profile", "Profile", "账号", "云账号", "阿里云账号", "所属账号", "账号配置", "凭证配置", "配置名称"}},
	{ID: CircuitLineCode, Sheet: CircuitsSheet, Header: "Line code", Parameter: "LineCode", Text: true, Width: 24,
		Aliases: []string{"Circuit code", "Carrier circuit code", "Carrier circuit ID", "Carrier line code", "Line number", "Line no", "线路编码", "线路代码", "线路编号", "线路号", "线路代号", "专线编码", "专线代码", "电路编码", "电路代码", "电路编号", "电路代号", "运营商线路编码", "运营商线路编号", "运营商电路编号"}},
	{ID: CircuitLineLabel, Sheet: CircuitsSheet, Header: "Line label", Parameter: "LineLabel", Text: true, Width: 24,
		Aliases: []string{"Cable label", "Line tag", "Cable tag", "Fibre label", "Fiber label", "线路标签", "电缆标签", "线缆标签", "光缆标签", "光纤标签", "尾纤标签", "专线标签", "线路标识"}},
	{ID: CircuitLineProvider, Sheet: CircuitsSheet, Header: "Line provider", Parameter: "LineServiceProvider", Width: 20,
		Aliases: []string{"Line service provider", "Line operator", "Carrier", "Carrier name", "Telecom carrier", "Telecom operator", "运营商", "线路运营商", "线路服务商", "线路供应商", "线路提供商", "线路服务提供商", "专线运营商", "专线服务商", "接入运营商", "电信运营商"},
		Values:  []string{"中国电信", "中国联通", "中国移动", "中国其他"}},
	{ID: CircuitLineContact, Sheet: CircuitsSheet, Header: "Line contact", Parameter: "LineSPContactInfo", Personal: true, Text: true, Width: 20,
		Aliases: []string{"Line contact info", "Line contact information", "Line service provider contact", "Line service provider contact information", "Line provider contact", "Carrier contact", "Carrier contact information", "线路联系方式", "线路联系人", "线路联系电话", "运营商联系方式", "运营商联系人", "运营商联系电话", "运营商电话", "线路服务商联系方式", "线路服务商联系人", "线路运营商联系方式", "专线联系方式", "专线运营商联系方式"}},
	{ID: CircuitFinished, Sheet: CircuitsSheet, Header: "Construction finished", Parameter: "FinishWork", Width: 14,
		Aliases: []string{"Construction complete", "Construction completed", "Construction done", "Construction is finished", "Finished", "Work finished", "Work completed", "施工完成", "施工已完成", "施工完毕", "施工是否完成", "是否施工完成", "是否完成施工", "是否完工", "是否已完工", "是否竣工", "已完工", "完工"},
		Values:  []string{Yes, No}},
	{ID: CircuitConfirm, Sheet: CircuitsSheet, Header: "Confirm circuit", Width: 14,
		Aliases: []string{"ConfirmPhysicalConnection", "Confirm physical connection", "Confirm line", "Confirm the circuit", "确认专线", "确认物理专线", "确认线路", "是否确认专线", "是否确认物理专线", "专线确认", "是否确认", "是否开通"},
		Values:  []string{Yes, No}},

	{ID: EngineerInstanceID, Sheet: EngineersSheet, Header: "Instance ID", Required: true, Text: true, Width: 28,
		Aliases: []string{"Instance", "Instance IDs", "Circuit", "Circuits", "Circuit ID", "Circuit IDs", "Circuit instance ID", "专线", "专线 ID", "专线实例 ID", "专线实例", "实例 ID", "实例", "物理专线 ID", "所属专线"}},
	{ID: EngineerName, Sheet: EngineersSheet, Header: "Name", Parameter: "PMName", Required: true, Personal: true, Width: 20,
		Aliases: []string{"Engineer", "Engineer name", "Full name", "姓名", "工程师姓名", "施工工程师姓名", "施工工程师", "名字"}},
	{ID: EngineerCertificateType, Sheet: EngineersSheet, Header: "Certificate type", Parameter: "PMCertificateType", Required: true, Width: 16,
		Aliases: []string{"ID type", "Document type", "Type of certificate", "证件类型", "证件种类"},
		Values:  []string{"IDCard", "Passport"}},
	{ID: EngineerCertificateNo, Sheet: EngineersSheet, Header: "Certificate number", Parameter: "PMCertificateNo", Required: true, Personal: true, Text: true, Width: 24,
		Aliases: []string{"Certificate no", "Certificate no.", "Certificate", "Certificate ID", "ID number", "ID no", "Document number", "证件号码", "证件号", "证件编号", "身份证号", "身份证号码"}},
	{ID: EngineerGender, Sheet: EngineersSheet, Header: "Gender", Parameter: "PMGender", Required: true, Width: 10,
		Aliases: []string{"Sex", "性别"},
		Values:  []string{"Male", "Female"}},
	{ID: EngineerContact, Sheet: EngineersSheet, Header: "Contact", Parameter: "PMContactInfo", Required: true, Personal: true, Text: true, Width: 20,
		Aliases: []string{"Contact information", "Contact info", "Contact number", "Phone", "Phone number", "Mobile", "Mobile number", "Telephone", "联系方式", "联系电话", "电话", "手机", "手机号", "手机号码", "电话号码"}},
}

// AfterLetter reports whether a column is for the time after the letter: an application does
// not have it.
func (c *Column) AfterLetter() bool { return stageOf(c.ID) == completionOnly }

// columnOf returns the entry of a column in the column table.
func columnOf(id ColumnID) *Column {
	i := slices.IndexFunc(Columns, func(c Column) bool { return c.ID == id })
	return &Columns[i]
}

// needed reports whether a workbook must have the column.
func needed(c *Column, o *Options) bool {
	return c.Required && !(c.ID == CircuitRegionID && o.DefaultRegion != "")
}

func requiredHeaders(id SheetID, o *Options) (names []string) {
	for _, c := range Columns {
		if c.Sheet == id && needed(&c, o) {
			names = append(names, c.Header)
		}
	}
	return names
}
