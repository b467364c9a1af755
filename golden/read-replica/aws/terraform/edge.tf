# Private names of read replicas.
resource "aws_route53_zone" "internal" {
  name    = "bushop.internal"
  comment = "Private names of bushop"

  vpc {
    vpc_id = aws_vpc.main.id
  }
}
