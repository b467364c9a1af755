resource "aws_vpc" "main" {
  cidr_block           = "10.20.0.0/16"
  enable_dns_hostnames = true
  enable_dns_support   = true

  tags = {
    Name = "mediaiot"
  }
}

# The default security group allows everything between its members: taken over here without any rule.
resource "aws_default_security_group" "main" {
  vpc_id = aws_vpc.main.id

  tags = {
    Name = "mediaiot-unused"
  }
}

# Each tier has an eighth of the network; each zone takes a quarter of that, and one quarter stays free.
resource "aws_subnet" "public" {
  for_each = {
    a = "10.20.0.0/21"
    b = "10.20.8.0/21"
    c = "10.20.16.0/21"
  }

  vpc_id            = aws_vpc.main.id
  availability_zone = "ap-northeast-2${each.key}"
  cidr_block        = each.value

  tags = {
    Name = "mediaiot-public-${each.key}"
  }

  # With fewer zones, what stands in a subnet leaves it before the subnet goes.
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_subnet" "application" {
  for_each = {
    a = "10.20.32.0/21"
    b = "10.20.40.0/21"
    c = "10.20.48.0/21"
  }

  vpc_id            = aws_vpc.main.id
  availability_zone = "ap-northeast-2${each.key}"
  cidr_block        = each.value

  tags = {
    Name = "mediaiot-application-${each.key}"
  }

  # With fewer zones, what stands in a subnet leaves it before the subnet goes.
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_subnet" "data" {
  for_each = {
    a = "10.20.64.0/21"
    b = "10.20.72.0/21"
    c = "10.20.80.0/21"
  }

  vpc_id            = aws_vpc.main.id
  availability_zone = "ap-northeast-2${each.key}"
  cidr_block        = each.value

  tags = {
    Name = "mediaiot-data-${each.key}"
  }

  # With fewer zones, what stands in a subnet leaves it before the subnet goes.
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_subnet" "management" {
  for_each = {
    a = "10.20.96.0/21"
    b = "10.20.104.0/21"
    c = "10.20.112.0/21"
  }

  vpc_id            = aws_vpc.main.id
  availability_zone = "ap-northeast-2${each.key}"
  cidr_block        = each.value

  tags = {
    Name = "mediaiot-management-${each.key}"
  }

  # With fewer zones, what stands in a subnet leaves it before the subnet goes.
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_subnet" "endpoint" {
  for_each = {
    a = "10.20.160.0/21"
    b = "10.20.168.0/21"
    c = "10.20.176.0/21"
  }

  vpc_id            = aws_vpc.main.id
  availability_zone = "ap-northeast-2${each.key}"
  cidr_block        = each.value

  tags = {
    Name = "mediaiot-endpoint-${each.key}"
  }

  # With fewer zones, what stands in a subnet leaves it before the subnet goes.
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_internet_gateway" "main" {
  vpc_id = aws_vpc.main.id

  tags = {
    Name = "mediaiot"
  }
}

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.main.id

  tags = {
    Name = "mediaiot-public"
  }
}

resource "aws_route" "public_internet" {
  route_table_id         = aws_route_table.public.id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.main.id
}

resource "aws_route_table_association" "public" {
  for_each       = aws_subnet.public
  route_table_id = aws_route_table.public.id
  subnet_id      = each.value.id
}

# One gateway per zone: a zone that fails takes nobody else's way out with it.
resource "aws_eip" "nat" {
  for_each = aws_subnet.public
  domain   = "vpc"

  tags = {
    Name = "mediaiot-nat-${each.key}"
  }

  depends_on = [aws_route.public_internet]
}

resource "aws_nat_gateway" "main" {
  for_each      = aws_subnet.public
  allocation_id = aws_eip.nat[each.key].id
  subnet_id     = each.value.id

  tags = {
    Name = "mediaiot-nat-${each.key}"
  }

  depends_on = [aws_route.public_internet]
}

resource "aws_route_table" "application" {
  for_each = aws_subnet.application
  vpc_id   = aws_vpc.main.id

  tags = {
    Name = "mediaiot-application-${each.key}"
  }
}

resource "aws_route" "application_nat" {
  for_each               = aws_route_table.application
  route_table_id         = each.value.id
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = aws_nat_gateway.main[each.key].id
}

resource "aws_route_table_association" "application" {
  for_each       = aws_subnet.application
  route_table_id = aws_route_table.application[each.key].id
  subnet_id      = each.value.id
}

# The other tiers have no way out of the network.
resource "aws_route_table" "isolated" {
  vpc_id = aws_vpc.main.id

  tags = {
    Name = "mediaiot-isolated"
  }
}

resource "aws_route_table_association" "data" {
  for_each       = aws_subnet.data
  route_table_id = aws_route_table.isolated.id
  subnet_id      = each.value.id
}

resource "aws_route_table_association" "management" {
  for_each       = aws_subnet.management
  route_table_id = aws_route_table.isolated.id
  subnet_id      = each.value.id
}

resource "aws_route_table_association" "endpoint" {
  for_each       = aws_subnet.endpoint
  route_table_id = aws_route_table.isolated.id
  subnet_id      = each.value.id
}

resource "aws_cloudwatch_log_group" "virtual_network_flow_log" {
  name              = "/mediaiot/network/flow-log"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}

resource "aws_flow_log" "main" {
  vpc_id               = aws_vpc.main.id
  traffic_type         = "ALL"
  log_destination_type = "cloud-watch-logs"
  log_destination      = aws_cloudwatch_log_group.virtual_network_flow_log.arn
  iam_role_arn         = aws_iam_role.virtual_network_flow_log.arn

  tags = {
    Name = "mediaiot"
  }

  depends_on = [aws_iam_role_policy.virtual_network_flow_log]
}
