# The network.

resource "aws_vpc" "main" {
  cidr_block         = "10.20.0.0/16"
  enable_dns_support = true

  tags = {
    Name                 = "shop"
    "kubernetes.io/role" = "x"
  }
}

resource "aws_subnet" "public" {
  for_each = {
    a = "10.20.0.0/21"
  }

  vpc_id = aws_vpc.main.id

  # Why not.
  cidr_block = each.value
  zones      = ["a", aws_vpc.main.arn, 3]
}

# Two
# lines.
resource "aws_thing" "api_key" {
  name = "x-$${y}-${aws_vpc.main.id}\"q\""

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Resource = [aws_subnet.public["a"].arn, "${aws_vpc.main.arn}/*"]
    }]
  })

  user_data = <<-EOT
    #!/bin/sh
    echo $$${no} %%{if}

    end ${aws_vpc.main.id}
  EOT

  subnets = values(aws_subnet.public)[*].id

  rule {
    a = 1
  }

  rule {}
}
