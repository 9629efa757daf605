package cloud

import "slices"

// knownRegions are the regions in which the VPC API is offered to customers, from
// https://www.alibabacloud.com/help/en/vpc/developer-reference/api-vpc-2016-04-28-endpoint,
// with the finance and government clouds. The SDK's own map is of no use for this: it
// lists internal test regions and lacks most public ones.
var knownRegions = []string{
	"ap-northeast-1", "ap-northeast-2", "ap-southeast-1", "ap-southeast-3", "ap-southeast-5",
	"ap-southeast-6", "ap-southeast-7", "ap-southeast-8",
	"cn-beijing", "cn-beijing-finance-1", "cn-chengdu", "cn-fuzhou", "cn-guangzhou", "cn-hangzhou",
	"cn-hangzhou-finance", "cn-heyuan", "cn-heyuan-acdr-1", "cn-hongkong", "cn-huhehaote", "cn-nanjing",
	"cn-north-2-gov-1", "cn-qingdao", "cn-shanghai", "cn-shanghai-finance-1", "cn-shenzhen",
	"cn-shenzhen-finance-1", "cn-wuhan-lr", "cn-wulanchabu", "cn-zhangjiakou", "cn-zhengzhou-jva",
	"eu-central-1", "eu-west-1",
	"me-central-1", "me-east-1",
	"na-south-1",
	"us-east-1", "us-southeast-1", "us-west-1",
}

// KnownRegions lists the region IDs that this version knows, sorted. New regions
// open, so a region that is not listed may well exist: ask Regions.
func KnownRegions() []string { return slices.Clone(knownRegions) }
