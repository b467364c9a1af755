# Private names of the services behind the internal load balancer, and of read replicas.
resource "aws_route53_zone" "internal" {
  name    = "bumall.internal"
  comment = "Private names of bumall"

  vpc {
    vpc_id = aws_vpc.main.id
  }
}
