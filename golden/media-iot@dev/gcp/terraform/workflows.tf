resource "google_workflows_workflow" "nightly" {
  name            = "mediaiot-dev-nightly"
  region          = "asia-northeast3"
  service_account = google_service_account.nightly.id
  crypto_key_name = google_kms_crypto_key.main.id

  # The history tells the steps of each run; the log what failed, and no documents of runs that did not.
  execution_history_level = "EXECUTION_HISTORY_BASIC"
  call_log_level          = "LOG_ERRORS_ONLY"

  # It keeps nothing but its history.
  deletion_protection = false

  source_contents = jsonencode({
    main = {
      params = ["input"]
      steps = [
        {
          Begin = {
            assign = [
              {
                document = {}
              },
              {
                document = "$${default(input, document)}"
              },
              {
                deadline = "$${int(sys.now()) + 7200}"
              },
            ]
          }
        },
        {
          close = {
            try = {
              call = "callFunction"
              args = {
                url      = "https://mediaiot-dev-close-${data.google_project.this.number}.asia-northeast3.run.app"
                document = "$${document}"
                seconds  = 120
                retries  = 3
                wait     = 10
                backoff  = 2
                deadline = "$${deadline}"
              }
              result = "document"
            }
            except = {
              as = "error"
              steps = [
                {
                  close_Late = {
                    switch = [{
                      condition = "$${sys.now() >= deadline}"
                      raise     = "$${error}"
                    }]
                  }
                },
                {
                  close_Told = {
                    call = "tellError"
                    args = {
                      error = "$${error}"
                    }
                    result = "told"
                  }
                },
                {
                  close_Failed = {
                    assign = [{
                      document = {
                        error = "$${told}"
                        input = "$${document}"
                      }
                    }]
                  }
                },
                {
                  report_failure = {
                    call = "callFunction"
                    args = {
                      url      = "https://mediaiot-dev-report-${data.google_project.this.number}.asia-northeast3.run.app"
                      document = "$${document}"
                      seconds  = 120
                      retries  = 0
                      wait     = 0
                      backoff  = 1
                      deadline = "$${deadline}"
                    }
                    result = "document"
                  }
                },
                {
                  fail = {
                    raise = "the day could not be closed"
                  }
                },
              ]
            }
          }
        },
        {
          choose = {
            switch = [{
              condition = "$${get_type(map.get(document, [\"week\", \"ended\"])) == \"boolean\" and map.get(document, [\"week\", \"ended\"]) == true}"
              steps = [
                {
                  wait = {
                    call = "pause"
                    args = {
                      seconds  = 60
                      deadline = "$${deadline}"
                    }
                  }
                },
                {
                  parallel_Ends = {
                    assign = [
                      {
                        parallel_1 = "$${null}"
                      },
                      {
                        parallel_2 = "$${null}"
                      },
                    ]
                  }
                },
                {
                  parallel = {
                    parallel = {
                      shared = ["parallel_1", "parallel_2"]
                      branches = [
                        {
                          parallel_1 = {
                            steps = [{
                              parallel_1_Run = {
                                call = "parallel_1_Steps"
                                args = {
                                  document = "$${document}"
                                  deadline = "$${deadline}"
                                }
                                result = "parallel_1"
                              }
                            }]
                          }
                        },
                        {
                          parallel_2 = {
                            steps = [{
                              parallel_2_Run = {
                                call = "parallel_2_Steps"
                                args = {
                                  document = "$${document}"
                                  deadline = "$${deadline}"
                                }
                                result = "parallel_2"
                              }
                            }]
                          }
                        },
                      ]
                    }
                  }
                },
                {
                  parallel_All = {
                    assign = [{
                      document = ["$${parallel_1}", "$${parallel_2}"]
                    }]
                  }
                },
              ]
            }]
          }
        },
        {
          report = {
            call = "callFunction"
            args = {
              url      = "https://mediaiot-dev-report-${data.google_project.this.number}.asia-northeast3.run.app"
              document = "$${document}"
              seconds  = 120
              retries  = 0
              wait     = 0
              backoff  = 1
              deadline = "$${deadline}"
            }
            result = "document"
          }
        },
        {
          Done = {
            return = "$${document}"
          }
        },
      ]
    }
    parallel_1_Steps = {
      params = ["document", "deadline"]
      steps = [
        {
          rollup = {
            call = "callFunction"
            args = {
              url      = "https://mediaiot-dev-rollup-${data.google_project.this.number}.asia-northeast3.run.app"
              document = "$${document}"
              seconds  = 660
              retries  = 3
              wait     = 2
              backoff  = 2
              deadline = "$${deadline}"
            }
            result = "document"
          }
        },
        {
          Done = {
            return = "$${document}"
          }
        },
      ]
    }
    parallel_2_Steps = {
      params = ["document", "deadline"]
      steps = [
        {
          archive = {
            call = "callFunction"
            args = {
              url      = "https://mediaiot-dev-archive-${data.google_project.this.number}.asia-northeast3.run.app"
              document = "$${document}"
              seconds  = 660
              retries  = 0
              wait     = 0
              backoff  = 1
              deadline = "$${deadline}"
            }
            result = "document"
          }
        },
        {
          Done = {
            return = "$${document}"
          }
        },
      ]
    }
    callFunction = {
      params = ["url", "document", "seconds", "retries", "wait", "backoff", "deadline"]
      steps = [
        {
          attempt = {
            switch = [{
              condition = "$${sys.now() >= deadline}"
              raise     = "the run took longer than it may"
            }]
          }
        },
        {
          calling = {
            try = {
              steps = [
                {
                  send = {
                    call = "http.post"
                    args = {
                      url = "$${url}"
                      auth = {
                        type     = "OIDC"
                        audience = "$${url}"
                      }
                      headers = {
                        Content-Type = "application/json"
                      }
                      body    = "$${json.encode(document)}"
                      timeout = "$${math.min(seconds, deadline - int(sys.now()))}"
                    }
                    result = "answer"
                  }
                },
                {
                  kind = {
                    assign = [{
                      kind = "$${default(map.get(answer.headers, \"Content-Type\"), default(map.get(answer.headers, \"content-type\"), \"\"))}"
                    }]
                  }
                },
                {
                  read = {
                    switch = [
                      {
                        condition = "$${text.match_regex(kind, \"^application/json.*\")}"
                        return    = "$${answer.body}"
                      },
                      {
                        condition = "$${not(get_type(answer.body) in [\"string\", \"bytes\"])}"
                        return    = "$${answer.body}"
                      },
                      {
                        condition = "$${get_type(answer.body) == \"string\" and answer.body == \"\"}"
                        return    = "$${null}"
                      },
                    ]
                  }
                },
                {
                  decode = {
                    return = "$${json.decode(answer.body)}"
                  }
                },
              ]
            }
            except = {
              as = "error"
              steps = [
                {
                  last = {
                    switch = [{
                      condition = "$${retries == 0}"
                      raise     = "$${error}"
                    }]
                  }
                },
                {
                  waiting = {
                    call = "pause"
                    args = {
                      seconds  = "$${wait}"
                      deadline = "$${deadline}"
                    }
                  }
                },
              ]
            }
          }
        },
        {
          again = {
            assign = [
              {
                retries = "$${retries - 1}"
              },
              {
                wait = "$${wait * backoff}"
              },
            ]
            next = "attempt"
          }
        },
      ]
    }
    pause = {
      params = ["seconds", "deadline"]
      steps = [
        {
          sleep = {
            call = "sys.sleep"
            args = {
              seconds = "$${math.max(0, math.min(seconds, deadline - int(sys.now())))}"
            }
          }
        },
        {
          late = {
            switch = [{
              condition = "$${sys.now() >= deadline}"
              raise     = "the run took longer than it may"
            }]
          }
        },
      ]
    }
    tellError = {
      params = ["error"]
      steps = [
        {
          known = {
            switch = [
              {
                condition = "$${get_type(error) == \"string\"}"
                return    = "$${error}"
              },
              {
                condition = "$${map.get(error, \"branches\") != null}"
                return    = "$${text.substring(json.encode_to_string(error.branches), 0, math.min(4096, len(json.encode_to_string(error.branches))))}"
              },
              {
                condition = "$${get_type(map.get(error, \"body\")) == \"string\" and error.body != \"\"}"
                return    = "$${error.message + \": \" + text.substring(error.body, 0, math.min(4096, len(error.body)))}"
              },
              {
                condition = "$${get_type(map.get(error, \"body\")) in [\"list\", \"map\"]}"
                return    = "$${error.message + \": \" + text.substring(json.encode_to_string(error.body), 0, math.min(4096, len(json.encode_to_string(error.body))))}"
              },
              {
                condition = "$${get_type(map.get(error, \"message\")) == \"string\"}"
                return    = "$${error.message}"
              },
            ]
          }
        },
        {
          other = {
            return = "$${text.substring(json.encode_to_string(error), 0, math.min(4096, len(json.encode_to_string(error))))}"
          }
        },
      ]
    }
  })

  # Who came sooner might call nobody.
  depends_on = [
    google_kms_crypto_key_iam_member.agents,
    google_cloud_run_v2_service_iam_member.archive_called_by_nightly,
    google_cloud_run_v2_service_iam_member.close_called_by_nightly,
    google_cloud_run_v2_service_iam_member.report_called_by_nightly,
    google_cloud_run_v2_service_iam_member.rollup_called_by_nightly,
  ]
}

resource "google_cloud_scheduler_job" "nightly" {
  name        = "mediaiot-dev-nightly"
  region      = "asia-northeast3"
  description = "Starts nightly"
  schedule    = "30 0 * * *"
  time_zone   = "Asia/Seoul"

  retry_config {
    retry_count = 3
  }

  http_target {
    http_method = "POST"
    uri         = "https://workflowexecutions.googleapis.com/v1/${google_workflows_workflow.nightly.id}/executions"

    headers = {
      Content-Type = "application/json"
    }

    body = base64encode(jsonencode({
      argument = "{}"
    }))

    oauth_token {
      service_account_email = google_service_account.schedules.email
    }
  }

  depends_on = [google_project_iam_member.schedules, google_service_account_iam_member.schedules]
}
