# Functions that are called one after the other.

resource "aws_cloudwatch_log_group" "nightly_workflow_and_its_runs" {
  name              = "/aws/vendedlogs/states/mediaiot-dev-nightly"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}

resource "aws_sfn_state_machine" "nightly" {
  name     = "mediaiot-dev-nightly"
  role_arn = aws_iam_role.nightly_workflow_and_its_functions.arn
  type     = "STANDARD"

  definition = jsonencode({
    QueryLanguage = "JSONata"
    StartAt       = "close"
    States = {
      close = {
        Type     = "Task"
        Resource = "arn:aws:states:::lambda:invoke"
        Arguments = {
          FunctionName = aws_lambda_function.close.arn
          Payload      = "{% $states.input %}"
        }
        Output = "{% $states.result.Payload %}"
        Retry = [{
          ErrorEquals     = ["States.ALL"]
          IntervalSeconds = 10
          MaxAttempts     = 3
          BackoffRate     = 2
        }]
        Catch = [{
          ErrorEquals = ["States.ALL"]
          Output      = "{% {\"error\": $join([$states.errorOutput.Error, $states.errorOutput.Cause], \": \"), \"input\": $states.input} %}"
          Next        = "report-failure"
        }]
        Next = "choose"
      }
      report-failure = {
        Type     = "Task"
        Resource = "arn:aws:states:::lambda:invoke"
        Arguments = {
          FunctionName = aws_lambda_function.report.arn
          Payload      = "{% $states.input %}"
        }
        Output = "{% $states.result.Payload %}"
        Retry = [{
          ErrorEquals = [
            "Lambda.AWSLambdaException",
            "Lambda.SdkClientException",
            "Lambda.ServiceException",
            "Lambda.TooManyRequestsException",
          ]
          IntervalSeconds = 1
          MaxAttempts     = 3
          BackoffRate     = 2
        }]
        Next = "fail"
      }
      fail = {
        Type  = "Fail"
        Error = "Failed"
        Cause = "the day could not be closed"
      }
      choose = {
        Type = "Choice"
        Choices = [{
          Condition = "{% ($type($states.input) = \"object\" and $type($states.input.`week`) = \"object\" and $type($states.input.`week`.`ended`) = \"boolean\") ? $states.input.`week`.`ended` = true : false %}"
          Next      = "wait"
        }]
        Default = "report"
      }
      wait = {
        Type    = "Wait"
        Seconds = 60
        Next    = "parallel"
      }
      parallel = {
        Type = "Parallel"
        Branches = [
          {
            StartAt = "rollup"
            States = {
              rollup = {
                Type     = "Task"
                Resource = "arn:aws:states:::lambda:invoke"
                Arguments = {
                  FunctionName = aws_lambda_function.rollup.arn
                  Payload      = "{% $states.input %}"
                }
                Output = "{% $states.result.Payload %}"
                Retry = [{
                  ErrorEquals     = ["States.ALL"]
                  IntervalSeconds = 2
                  MaxAttempts     = 3
                  BackoffRate     = 2
                }]
                End = true
              }
            }
          },
          {
            StartAt = "archive"
            States = {
              archive = {
                Type     = "Task"
                Resource = "arn:aws:states:::lambda:invoke"
                Arguments = {
                  FunctionName = aws_lambda_function.archive.arn
                  Payload      = "{% $states.input %}"
                }
                Output = "{% $states.result.Payload %}"
                Retry = [{
                  ErrorEquals = [
                    "Lambda.AWSLambdaException",
                    "Lambda.SdkClientException",
                    "Lambda.ServiceException",
                    "Lambda.TooManyRequestsException",
                  ]
                  IntervalSeconds = 1
                  MaxAttempts     = 3
                  BackoffRate     = 2
                }]
                End = true
              }
            }
          },
        ]
        Next = "report"
      }
      report = {
        Type     = "Task"
        Resource = "arn:aws:states:::lambda:invoke"
        Arguments = {
          FunctionName = aws_lambda_function.report.arn
          Payload      = "{% $states.input %}"
        }
        Output = "{% $states.result.Payload %}"
        Retry = [{
          ErrorEquals = [
            "Lambda.AWSLambdaException",
            "Lambda.SdkClientException",
            "Lambda.ServiceException",
            "Lambda.TooManyRequestsException",
          ]
          IntervalSeconds = 1
          MaxAttempts     = 3
          BackoffRate     = 2
        }]
        End = true
      }
    }
    TimeoutSeconds = 7200
  })

  logging_configuration {
    log_destination = "${aws_cloudwatch_log_group.nightly_workflow_and_its_runs.arn}:*"
    level           = "ALL"

    # What goes from step to step is data: it stands in the history of a run, and not in its log.
    include_execution_data = false
  }

  tracing_configuration {
    enabled = true
  }

  encryption_configuration {
    type                              = "CUSTOMER_MANAGED_KMS_KEY"
    kms_key_id                        = aws_kms_key.data.arn
    kms_data_key_reuse_period_seconds = 300
  }

  depends_on = [aws_iam_role_policy.nightly_workflow_and_its_functions]
}

# A group of its own: Scheduler counts by group what it could not start.
resource "aws_scheduler_schedule_group" "nightly_workflow_and_its_schedule" {
  name = "mediaiot-dev-nightly-workflow"
}

resource "aws_scheduler_schedule" "nightly_workflow_and_its_schedule" {
  name                         = "mediaiot-dev-nightly-workflow"
  group_name                   = aws_scheduler_schedule_group.nightly_workflow_and_its_schedule.name
  description                  = "Starts the workflow nightly"
  schedule_expression          = "cron(30 0 * * ? *)"
  schedule_expression_timezone = "Asia/Seoul"
  kms_key_arn                  = aws_kms_key.data.arn

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = aws_sfn_state_machine.nightly.arn
    role_arn = aws_iam_role.nightly_workflow_and_its_schedule.arn
    input    = "{}"

    retry_policy {
      maximum_event_age_in_seconds = 3600
      maximum_retry_attempts       = 10
    }
  }

  depends_on = [aws_iam_role_policy.nightly_workflow_and_its_schedule]
}
