resource "aws_cloudwatch_dashboard" "ledger_shards" {
  dashboard_name = "bumart-dev-ledger-shards"

  dashboard_body = jsonencode({
    widgets = [
      {
        type   = "metric"
        x      = 0
        y      = 0
        width  = 12
        height = 7
        properties = {
          title   = "Processor load, percent"
          region  = "ap-northeast-2"
          view    = "timeSeries"
          stat    = "Average"
          period  = 60
          metrics = [for id in local.ledger_shards : ["AWS/RDS", "CPUUtilization", "DBInstanceIdentifier", "bumart-dev-ledger-shard-${id}"]]
        }
      },
      {
        type   = "metric"
        x      = 12
        y      = 0
        width  = 12
        height = 7
        properties = {
          title   = "Connections"
          region  = "ap-northeast-2"
          view    = "timeSeries"
          stat    = "Maximum"
          period  = 60
          metrics = [for id in local.ledger_shards : ["AWS/RDS", "DatabaseConnections", "DBInstanceIdentifier", "bumart-dev-ledger-shard-${id}"]]
        }
      },
      {
        type   = "metric"
        x      = 0
        y      = 7
        width  = 12
        height = 7
        properties = {
          title   = "Free storage, bytes"
          region  = "ap-northeast-2"
          view    = "timeSeries"
          stat    = "Minimum"
          period  = 60
          metrics = [for id in local.ledger_shards : ["AWS/RDS", "FreeStorageSpace", "DBInstanceIdentifier", "bumart-dev-ledger-shard-${id}"]]
        }
      },
      {
        type   = "metric"
        x      = 12
        y      = 7
        width  = 12
        height = 7
        properties = {
          title   = "Write operations per second"
          region  = "ap-northeast-2"
          view    = "timeSeries"
          stat    = "Average"
          period  = 60
          metrics = [for id in local.ledger_shards : ["AWS/RDS", "WriteIOPS", "DBInstanceIdentifier", "bumart-dev-ledger-shard-${id}"]]
        }
      },
      {
        type   = "metric"
        x      = 0
        y      = 14
        width  = 12
        height = 7
        properties = {
          title   = "Write latency, seconds"
          region  = "ap-northeast-2"
          view    = "timeSeries"
          stat    = "Average"
          period  = 60
          metrics = [for id in local.ledger_shards : ["AWS/RDS", "WriteLatency", "DBInstanceIdentifier", "bumart-dev-ledger-shard-${id}"]]
        }
      },
    ]
  })
}

resource "aws_cloudwatch_dashboard" "main_shards" {
  dashboard_name = "bumart-dev-main-shards"

  dashboard_body = jsonencode({
    widgets = [
      {
        type   = "metric"
        x      = 0
        y      = 0
        width  = 12
        height = 7
        properties = {
          title   = "Processor load, percent"
          region  = "ap-northeast-2"
          view    = "timeSeries"
          stat    = "Average"
          period  = 60
          metrics = [for id in local.main_shards : ["AWS/RDS", "CPUUtilization", "DBInstanceIdentifier", "bumart-dev-main-shard-${id}"]]
        }
      },
      {
        type   = "metric"
        x      = 12
        y      = 0
        width  = 12
        height = 7
        properties = {
          title   = "Connections"
          region  = "ap-northeast-2"
          view    = "timeSeries"
          stat    = "Maximum"
          period  = 60
          metrics = [for id in local.main_shards : ["AWS/RDS", "DatabaseConnections", "DBInstanceIdentifier", "bumart-dev-main-shard-${id}"]]
        }
      },
      {
        type   = "metric"
        x      = 0
        y      = 7
        width  = 12
        height = 7
        properties = {
          title   = "Free storage, bytes"
          region  = "ap-northeast-2"
          view    = "timeSeries"
          stat    = "Minimum"
          period  = 60
          metrics = [for id in local.main_shards : ["AWS/RDS", "FreeStorageSpace", "DBInstanceIdentifier", "bumart-dev-main-shard-${id}"]]
        }
      },
      {
        type   = "metric"
        x      = 12
        y      = 7
        width  = 12
        height = 7
        properties = {
          title   = "Write operations per second"
          region  = "ap-northeast-2"
          view    = "timeSeries"
          stat    = "Average"
          period  = 60
          metrics = [for id in local.main_shards : ["AWS/RDS", "WriteIOPS", "DBInstanceIdentifier", "bumart-dev-main-shard-${id}"]]
        }
      },
      {
        type   = "metric"
        x      = 0
        y      = 14
        width  = 12
        height = 7
        properties = {
          title   = "Write latency, seconds"
          region  = "ap-northeast-2"
          view    = "timeSeries"
          stat    = "Average"
          period  = 60
          metrics = [for id in local.main_shards : ["AWS/RDS", "WriteLatency", "DBInstanceIdentifier", "bumart-dev-main-shard-${id}"]]
        }
      },
    ]
  })
}
