resource "azurerm_logic_app_workflow" "nightly" {
  name                = "mediaiot-dev-nightly"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags

  access_control {
    # Nobody calls its triggers: they look by themselves. Functions call back with an address that is made for one call.
    trigger {
      allowed_caller_ip_address_range = ["192.0.2.0/32"]
    }

    # What went from step to step is shown to admin_cidrs.
    content {
      allowed_caller_ip_address_range = concat(["192.0.2.0/32"], var.admin_cidrs)
    }
  }

  # Storage accounts let no other kind of identity in by the resource that it belongs to.
  identity {
    type = "SystemAssigned"
  }
}

# Messages of workflows to the functions that they call, and to workflows from those who start them. Its public address answers the
# workflows and nobody else; everybody inside uses the private endpoint.
resource "azurerm_storage_account" "workflow_calls" {
  name                            = "mediaiotdevw5f971c${random_id.suffix.hex}"
  location                        = azurerm_resource_group.main.location
  resource_group_name             = azurerm_resource_group.main.name
  account_tier                    = "Standard"
  account_replication_type        = "ZRS"
  min_tls_version                 = "TLS1_2"
  default_to_oauth_authentication = true
  local_user_enabled              = false
  allow_nested_items_to_be_public = false
  public_network_access_enabled   = true
  shared_access_key_enabled       = false
  tags                            = local.tags

  network_rules {
    default_action = "Deny"
    bypass         = ["None"]

    private_link_access {
      endpoint_resource_id = azurerm_logic_app_workflow.nightly.id
    }
  }

  customer_managed_key {
    key_vault_key_id          = azurerm_key_vault_key.data.versionless_id
    user_assigned_identity_id = azurerm_user_assigned_identity.encryption.id
  }

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.encryption.id]
  }

  # Without these, queues and tables have keys of Microsoft's, whatever the account has.
  queue_encryption_key_type = "Account"
  table_encryption_key_type = "Account"
  depends_on                = [time_sleep.encryption]
}

# What workflows ask the function.
resource "azurerm_storage_queue" "archive_calls" {
  name               = "archive-calls"
  storage_account_id = azurerm_storage_account.workflow_calls.id
}

resource "azurerm_storage_queue" "archive_calls_poison" {
  name               = "archive-calls-poison"
  storage_account_id = azurerm_storage_account.workflow_calls.id
}

# What workflows ask the function.
resource "azurerm_storage_queue" "close_calls" {
  name               = "close-calls"
  storage_account_id = azurerm_storage_account.workflow_calls.id
}

resource "azurerm_storage_queue" "close_calls_poison" {
  name               = "close-calls-poison"
  storage_account_id = azurerm_storage_account.workflow_calls.id
}

# What workflows ask the function.
resource "azurerm_storage_queue" "report_calls" {
  name               = "report-calls"
  storage_account_id = azurerm_storage_account.workflow_calls.id
}

resource "azurerm_storage_queue" "report_calls_poison" {
  name               = "report-calls-poison"
  storage_account_id = azurerm_storage_account.workflow_calls.id
}

# What workflows ask the function.
resource "azurerm_storage_queue" "rollup_calls" {
  name               = "rollup-calls"
  storage_account_id = azurerm_storage_account.workflow_calls.id
}

resource "azurerm_storage_queue" "rollup_calls_poison" {
  name               = "rollup-calls-poison"
  storage_account_id = azurerm_storage_account.workflow_calls.id
}

# They look at calls that no function got to the end of, and start workflows by hand.
resource "azurerm_role_assignment" "operator_workflow_calls" {
  for_each             = local.operators
  scope                = azurerm_storage_account.workflow_calls.id
  role_definition_name = "Storage Queue Data Contributor"
  principal_id         = each.key == "caller" ? data.azurerm_client_config.current.object_id : each.key
}

resource "azurerm_private_endpoint" "workflow_calls" {
  name                = "mediaiot-dev-workflow-calls"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  subnet_id           = azurerm_subnet.endpoint.id
  tags                = local.tags

  private_service_connection {
    name                           = "workflow-calls"
    private_connection_resource_id = azurerm_storage_account.workflow_calls.id
    subresource_names              = ["queue"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "workflow-calls"
    private_dns_zone_ids = [azurerm_private_dns_zone.privatelink["privatelink.queue.core.windows.net"].id]
  }
}

resource "azurerm_private_endpoint_application_security_group_association" "workflow_calls" {
  private_endpoint_id           = azurerm_private_endpoint.workflow_calls.id
  application_security_group_id = azurerm_application_security_group.workflow_calls.id
}

# It asks these functions, and no others.
resource "azurerm_role_assignment" "nightly_asks" {
  for_each = {
    "ask/archive" = {
      role  = "Storage Queue Data Message Sender"
      scope = azurerm_storage_queue.archive_calls.id
    }
    "ask/close" = {
      role  = "Storage Queue Data Message Sender"
      scope = azurerm_storage_queue.close_calls.id
    }
    "ask/report" = {
      role  = "Storage Queue Data Message Sender"
      scope = azurerm_storage_queue.report_calls.id
    }
    "ask/rollup" = {
      role  = "Storage Queue Data Message Sender"
      scope = azurerm_storage_queue.rollup_calls.id
    }
  }

  scope                = each.value.scope
  role_definition_name = each.value.role
  principal_id         = azurerm_logic_app_workflow.nightly.identity[0].principal_id
  principal_type       = "ServicePrincipal"
}

# Until the grants have reached the queues.
resource "time_sleep" "nightly_asks" {
  create_duration = "90s"

  triggers = {
    grants = join(",", values(azurerm_role_assignment.nightly_asks)[*].id)
  }
}

resource "azurerm_logic_app_action_custom" "nightly" {
  name         = "run_steps"
  logic_app_id = azurerm_logic_app_workflow.nightly.id

  body = jsonencode({
    type = "Scope"
    actions = {
      run_document = {
        type     = "Compose"
        inputs   = "@json('{}')"
        runAfter = {}
      }
      close_call_1 = {
        type = "HttpWebhook"
        inputs = {
          subscribe = {
            method = "POST"
            uri    = "${azurerm_storage_account.workflow_calls.primary_queue_endpoint}${azurerm_storage_queue.close_calls.name}/messages?messagettl=420"
            headers = {
              Content-Type = "application/xml"
              x-ms-date    = "@utcNow('R')"
              x-ms-version = "2024-11-04"
            }
            body = "@concat('<QueueMessage><MessageText>',base64(string(setProperty(setProperty(json('{}'),'back',listCallbackUrl()),'document',outputs('run_document')))),'</MessageText></QueueMessage>')"
            authentication = {
              type     = "ManagedServiceIdentity"
              audience = "https://storage.azure.com"
            }
          }
          unsubscribe = {}
        }
        limit = {
          timeout = "PT420S"
        }
        runAfter = {
          run_document = ["Succeeded"]
        }
      }
      close_answer_1 = {
        type = "ParseJson"
        inputs = {
          content = "@body('close_call_1')"
          schema = {
            type     = "object"
            required = ["output"]
          }
        }
        runAfter = {
          close_call_1 = ["Succeeded"]
        }
      }
      close_pause_1 = {
        type = "Wait"
        inputs = {
          interval = {
            count = 10
            unit  = "Second"
          }
        }
        runAfter = {
          run_document   = ["Succeeded"]
          close_answer_1 = ["Failed", "Skipped"]
        }
      }
      close_call_2 = {
        type = "HttpWebhook"
        inputs = {
          subscribe = {
            method = "POST"
            uri    = "${azurerm_storage_account.workflow_calls.primary_queue_endpoint}${azurerm_storage_queue.close_calls.name}/messages?messagettl=420"
            headers = {
              Content-Type = "application/xml"
              x-ms-date    = "@utcNow('R')"
              x-ms-version = "2024-11-04"
            }
            body = "@concat('<QueueMessage><MessageText>',base64(string(setProperty(setProperty(json('{}'),'back',listCallbackUrl()),'document',outputs('run_document')))),'</MessageText></QueueMessage>')"
            authentication = {
              type     = "ManagedServiceIdentity"
              audience = "https://storage.azure.com"
            }
          }
          unsubscribe = {}
        }
        limit = {
          timeout = "PT420S"
        }
        runAfter = {
          close_pause_1 = ["Succeeded"]
        }
      }
      close_answer_2 = {
        type = "ParseJson"
        inputs = {
          content = "@body('close_call_2')"
          schema = {
            type     = "object"
            required = ["output"]
          }
        }
        runAfter = {
          close_call_2 = ["Succeeded"]
        }
      }
      close_pause_2 = {
        type = "Wait"
        inputs = {
          interval = {
            count = 20
            unit  = "Second"
          }
        }
        runAfter = {
          close_pause_1  = ["Succeeded"]
          close_answer_2 = ["Failed", "Skipped"]
        }
      }
      close_call_3 = {
        type = "HttpWebhook"
        inputs = {
          subscribe = {
            method = "POST"
            uri    = "${azurerm_storage_account.workflow_calls.primary_queue_endpoint}${azurerm_storage_queue.close_calls.name}/messages?messagettl=420"
            headers = {
              Content-Type = "application/xml"
              x-ms-date    = "@utcNow('R')"
              x-ms-version = "2024-11-04"
            }
            body = "@concat('<QueueMessage><MessageText>',base64(string(setProperty(setProperty(json('{}'),'back',listCallbackUrl()),'document',outputs('run_document')))),'</MessageText></QueueMessage>')"
            authentication = {
              type     = "ManagedServiceIdentity"
              audience = "https://storage.azure.com"
            }
          }
          unsubscribe = {}
        }
        limit = {
          timeout = "PT420S"
        }
        runAfter = {
          close_pause_2 = ["Succeeded"]
        }
      }
      close_answer_3 = {
        type = "ParseJson"
        inputs = {
          content = "@body('close_call_3')"
          schema = {
            type     = "object"
            required = ["output"]
          }
        }
        runAfter = {
          close_call_3 = ["Succeeded"]
        }
      }
      close_pause_3 = {
        type = "Wait"
        inputs = {
          interval = {
            count = 40
            unit  = "Second"
          }
        }
        runAfter = {
          close_pause_2  = ["Succeeded"]
          close_answer_3 = ["Failed", "Skipped"]
        }
      }
      close_call_4 = {
        type = "HttpWebhook"
        inputs = {
          subscribe = {
            method = "POST"
            uri    = "${azurerm_storage_account.workflow_calls.primary_queue_endpoint}${azurerm_storage_queue.close_calls.name}/messages?messagettl=420"
            headers = {
              Content-Type = "application/xml"
              x-ms-date    = "@utcNow('R')"
              x-ms-version = "2024-11-04"
            }
            body = "@concat('<QueueMessage><MessageText>',base64(string(setProperty(setProperty(json('{}'),'back',listCallbackUrl()),'document',outputs('run_document')))),'</MessageText></QueueMessage>')"
            authentication = {
              type     = "ManagedServiceIdentity"
              audience = "https://storage.azure.com"
            }
          }
          unsubscribe = {}
        }
        limit = {
          timeout = "PT420S"
        }
        runAfter = {
          close_pause_3 = ["Succeeded"]
        }
      }
      close_answer_4 = {
        type = "ParseJson"
        inputs = {
          content = "@body('close_call_4')"
          schema = {
            type     = "object"
            required = ["output"]
          }
        }
        runAfter = {
          close_call_4 = ["Succeeded"]
        }
      }
      close_outcome = {
        type   = "Compose"
        inputs = "@if(equals(actions('close_call_4')?['status'],'Skipped'),if(equals(actions('close_call_3')?['status'],'Skipped'),if(equals(actions('close_call_2')?['status'],'Skipped'),if(equals(actions('close_call_1')?['status'],'Skipped'),null,if(and(equals(actions('close_call_1')?['status'],'Succeeded'),startsWith(string(createArray(actions('close_call_1')?['outputs']?['body'])),'[{')),actions('close_call_1')?['outputs']?['body'],setProperty(json('{}'),'error',concat('no answer of close: it took longer than 420 seconds, or could not be asked (status: ',string(coalesce(actions('close_call_1')?['outputs']?['statusCode'],'none')),')')))),if(and(equals(actions('close_call_2')?['status'],'Succeeded'),startsWith(string(createArray(actions('close_call_2')?['outputs']?['body'])),'[{')),actions('close_call_2')?['outputs']?['body'],setProperty(json('{}'),'error',concat('no answer of close: it took longer than 420 seconds, or could not be asked (status: ',string(coalesce(actions('close_call_2')?['outputs']?['statusCode'],'none')),')')))),if(and(equals(actions('close_call_3')?['status'],'Succeeded'),startsWith(string(createArray(actions('close_call_3')?['outputs']?['body'])),'[{')),actions('close_call_3')?['outputs']?['body'],setProperty(json('{}'),'error',concat('no answer of close: it took longer than 420 seconds, or could not be asked (status: ',string(coalesce(actions('close_call_3')?['outputs']?['statusCode'],'none')),')')))),if(and(equals(actions('close_call_4')?['status'],'Succeeded'),startsWith(string(createArray(actions('close_call_4')?['outputs']?['body'])),'[{')),actions('close_call_4')?['outputs']?['body'],setProperty(json('{}'),'error',concat('no answer of close: it took longer than 420 seconds, or could not be asked (status: ',string(coalesce(actions('close_call_4')?['outputs']?['statusCode'],'none')),')'))))"
        runAfter = {
          run_document   = ["Succeeded"]
          close_answer_4 = ["Succeeded", "Failed", "Skipped"]
        }
      }
      close = {
        type = "ParseJson"
        inputs = {
          content = "@outputs('close_outcome')"
          schema = {
            type     = "object"
            required = ["output"]
          }
        }
        runAfter = {
          close_outcome = ["Succeeded"]
        }
      }
      close_catch = {
        type = "Scope"
        actions = {
          close_caught = {
            type = "Compose"
            inputs = {
              error = "@coalesce(actions('close_outcome')?['outputs']?['error'],'the step failed')"
              input = "@outputs('run_document')"
            }
            runAfter = {}
          }
          report-failure_call_1 = {
            type = "HttpWebhook"
            inputs = {
              subscribe = {
                method = "POST"
                uri    = "${azurerm_storage_account.workflow_calls.primary_queue_endpoint}${azurerm_storage_queue.report_calls.name}/messages?messagettl=420"
                headers = {
                  Content-Type = "application/xml"
                  x-ms-date    = "@utcNow('R')"
                  x-ms-version = "2024-11-04"
                }
                body = "@concat('<QueueMessage><MessageText>',base64(string(setProperty(setProperty(json('{}'),'back',listCallbackUrl()),'document',outputs('close_caught')))),'</MessageText></QueueMessage>')"
                authentication = {
                  type     = "ManagedServiceIdentity"
                  audience = "https://storage.azure.com"
                }
              }
              unsubscribe = {}
            }
            limit = {
              timeout = "PT420S"
            }
            runAfter = {
              close_caught = ["Succeeded"]
            }
          }
          report-failure_answer_1 = {
            type = "ParseJson"
            inputs = {
              content = "@body('report-failure_call_1')"
              schema = {
                type     = "object"
                required = ["output"]
              }
            }
            runAfter = {
              report-failure_call_1 = ["Succeeded"]
            }
          }
          report-failure_outcome = {
            type   = "Compose"
            inputs = "@if(equals(actions('report-failure_call_1')?['status'],'Skipped'),null,if(and(equals(actions('report-failure_call_1')?['status'],'Succeeded'),startsWith(string(createArray(actions('report-failure_call_1')?['outputs']?['body'])),'[{')),actions('report-failure_call_1')?['outputs']?['body'],setProperty(json('{}'),'error',concat('no answer of report: it took longer than 420 seconds, or could not be asked (status: ',string(coalesce(actions('report-failure_call_1')?['outputs']?['statusCode'],'none')),')'))))"
            runAfter = {
              close_caught            = ["Succeeded"]
              report-failure_answer_1 = ["Succeeded", "Failed", "Skipped"]
            }
          }
          report-failure = {
            type = "ParseJson"
            inputs = {
              content = "@outputs('report-failure_outcome')"
              schema = {
                type     = "object"
                required = ["output"]
              }
            }
            runAfter = {
              report-failure_outcome = ["Succeeded"]
            }
          }
          fail = {
            type = "Terminate"
            inputs = {
              runStatus = "Failed"
              runError = {
                code    = "Failed"
                message = "the day could not be closed"
              }
            }
            runAfter = {
              report-failure = ["Succeeded"]
            }
          }
        }
        runAfter = {
          run_document = ["Succeeded"]
          close        = ["Failed", "Skipped"]
        }
      }
      close_end = {
        type   = "Compose"
        inputs = "@if(equals(actions('close')?['status'],'Succeeded'),body('close')?['output'],body('report-failure')?['output'])"
        runAfter = {
          run_document = ["Succeeded"]
          close        = ["Succeeded", "Failed", "Skipped"]
          close_catch  = ["Succeeded", "Skipped"]
        }
      }
      choose_field_1 = {
        type   = "Compose"
        inputs = "@json(if(startsWith(string(createArray(outputs('close_end'))),'[{'),substring(string(createArray(outputs('close_end'))),1,sub(length(string(createArray(outputs('close_end')))),2)),'{}'))?['week']"
        runAfter = {
          close_end = ["Succeeded"]
        }
      }
      choose_field_2 = {
        type   = "Compose"
        inputs = "@json(if(startsWith(string(createArray(outputs('choose_field_1'))),'[{'),substring(string(createArray(outputs('choose_field_1'))),1,sub(length(string(createArray(outputs('choose_field_1')))),2)),'{}'))?['ended']"
        runAfter = {
          choose_field_1 = ["Succeeded"]
        }
      }
      choose_case = {
        type   = "Compose"
        inputs = "@if(equals(string(createArray(outputs('choose_field_2'))),'[true]'),'1','0')"
        runAfter = {
          choose_field_2 = ["Succeeded"]
        }
      }
      choose_choice = {
        type       = "Switch"
        expression = "@outputs('choose_case')"
        cases = {
          case_1 = {
            case = "1"
            actions = {
              wait = {
                type = "Wait"
                inputs = {
                  interval = {
                    count = 60
                    unit  = "Second"
                  }
                }
                runAfter = {}
              }
              parallel_branch_1 = {
                type = "Scope"
                actions = {
                  rollup_call_1 = {
                    type = "HttpWebhook"
                    inputs = {
                      subscribe = {
                        method = "POST"
                        uri    = "${azurerm_storage_account.workflow_calls.primary_queue_endpoint}${azurerm_storage_queue.rollup_calls.name}/messages?messagettl=960"
                        headers = {
                          Content-Type = "application/xml"
                          x-ms-date    = "@utcNow('R')"
                          x-ms-version = "2024-11-04"
                        }
                        body = "@concat('<QueueMessage><MessageText>',base64(string(setProperty(setProperty(json('{}'),'back',listCallbackUrl()),'document',outputs('close_end')))),'</MessageText></QueueMessage>')"
                        authentication = {
                          type     = "ManagedServiceIdentity"
                          audience = "https://storage.azure.com"
                        }
                      }
                      unsubscribe = {}
                    }
                    limit = {
                      timeout = "PT960S"
                    }
                    runAfter = {}
                  }
                  rollup_answer_1 = {
                    type = "ParseJson"
                    inputs = {
                      content = "@body('rollup_call_1')"
                      schema = {
                        type     = "object"
                        required = ["output"]
                      }
                    }
                    runAfter = {
                      rollup_call_1 = ["Succeeded"]
                    }
                  }
                  rollup_pause_1 = {
                    type = "Wait"
                    inputs = {
                      interval = {
                        count = 2
                        unit  = "Second"
                      }
                    }
                    runAfter = {
                      rollup_answer_1 = ["Failed", "Skipped"]
                    }
                  }
                  rollup_call_2 = {
                    type = "HttpWebhook"
                    inputs = {
                      subscribe = {
                        method = "POST"
                        uri    = "${azurerm_storage_account.workflow_calls.primary_queue_endpoint}${azurerm_storage_queue.rollup_calls.name}/messages?messagettl=960"
                        headers = {
                          Content-Type = "application/xml"
                          x-ms-date    = "@utcNow('R')"
                          x-ms-version = "2024-11-04"
                        }
                        body = "@concat('<QueueMessage><MessageText>',base64(string(setProperty(setProperty(json('{}'),'back',listCallbackUrl()),'document',outputs('close_end')))),'</MessageText></QueueMessage>')"
                        authentication = {
                          type     = "ManagedServiceIdentity"
                          audience = "https://storage.azure.com"
                        }
                      }
                      unsubscribe = {}
                    }
                    limit = {
                      timeout = "PT960S"
                    }
                    runAfter = {
                      rollup_pause_1 = ["Succeeded"]
                    }
                  }
                  rollup_answer_2 = {
                    type = "ParseJson"
                    inputs = {
                      content = "@body('rollup_call_2')"
                      schema = {
                        type     = "object"
                        required = ["output"]
                      }
                    }
                    runAfter = {
                      rollup_call_2 = ["Succeeded"]
                    }
                  }
                  rollup_pause_2 = {
                    type = "Wait"
                    inputs = {
                      interval = {
                        count = 4
                        unit  = "Second"
                      }
                    }
                    runAfter = {
                      rollup_pause_1  = ["Succeeded"]
                      rollup_answer_2 = ["Failed", "Skipped"]
                    }
                  }
                  rollup_call_3 = {
                    type = "HttpWebhook"
                    inputs = {
                      subscribe = {
                        method = "POST"
                        uri    = "${azurerm_storage_account.workflow_calls.primary_queue_endpoint}${azurerm_storage_queue.rollup_calls.name}/messages?messagettl=960"
                        headers = {
                          Content-Type = "application/xml"
                          x-ms-date    = "@utcNow('R')"
                          x-ms-version = "2024-11-04"
                        }
                        body = "@concat('<QueueMessage><MessageText>',base64(string(setProperty(setProperty(json('{}'),'back',listCallbackUrl()),'document',outputs('close_end')))),'</MessageText></QueueMessage>')"
                        authentication = {
                          type     = "ManagedServiceIdentity"
                          audience = "https://storage.azure.com"
                        }
                      }
                      unsubscribe = {}
                    }
                    limit = {
                      timeout = "PT960S"
                    }
                    runAfter = {
                      rollup_pause_2 = ["Succeeded"]
                    }
                  }
                  rollup_answer_3 = {
                    type = "ParseJson"
                    inputs = {
                      content = "@body('rollup_call_3')"
                      schema = {
                        type     = "object"
                        required = ["output"]
                      }
                    }
                    runAfter = {
                      rollup_call_3 = ["Succeeded"]
                    }
                  }
                  rollup_pause_3 = {
                    type = "Wait"
                    inputs = {
                      interval = {
                        count = 8
                        unit  = "Second"
                      }
                    }
                    runAfter = {
                      rollup_pause_2  = ["Succeeded"]
                      rollup_answer_3 = ["Failed", "Skipped"]
                    }
                  }
                  rollup_call_4 = {
                    type = "HttpWebhook"
                    inputs = {
                      subscribe = {
                        method = "POST"
                        uri    = "${azurerm_storage_account.workflow_calls.primary_queue_endpoint}${azurerm_storage_queue.rollup_calls.name}/messages?messagettl=960"
                        headers = {
                          Content-Type = "application/xml"
                          x-ms-date    = "@utcNow('R')"
                          x-ms-version = "2024-11-04"
                        }
                        body = "@concat('<QueueMessage><MessageText>',base64(string(setProperty(setProperty(json('{}'),'back',listCallbackUrl()),'document',outputs('close_end')))),'</MessageText></QueueMessage>')"
                        authentication = {
                          type     = "ManagedServiceIdentity"
                          audience = "https://storage.azure.com"
                        }
                      }
                      unsubscribe = {}
                    }
                    limit = {
                      timeout = "PT960S"
                    }
                    runAfter = {
                      rollup_pause_3 = ["Succeeded"]
                    }
                  }
                  rollup_answer_4 = {
                    type = "ParseJson"
                    inputs = {
                      content = "@body('rollup_call_4')"
                      schema = {
                        type     = "object"
                        required = ["output"]
                      }
                    }
                    runAfter = {
                      rollup_call_4 = ["Succeeded"]
                    }
                  }
                  rollup_outcome = {
                    type   = "Compose"
                    inputs = "@if(equals(actions('rollup_call_4')?['status'],'Skipped'),if(equals(actions('rollup_call_3')?['status'],'Skipped'),if(equals(actions('rollup_call_2')?['status'],'Skipped'),if(equals(actions('rollup_call_1')?['status'],'Skipped'),null,if(and(equals(actions('rollup_call_1')?['status'],'Succeeded'),startsWith(string(createArray(actions('rollup_call_1')?['outputs']?['body'])),'[{')),actions('rollup_call_1')?['outputs']?['body'],setProperty(json('{}'),'error',concat('no answer of rollup: it took longer than 960 seconds, or could not be asked (status: ',string(coalesce(actions('rollup_call_1')?['outputs']?['statusCode'],'none')),')')))),if(and(equals(actions('rollup_call_2')?['status'],'Succeeded'),startsWith(string(createArray(actions('rollup_call_2')?['outputs']?['body'])),'[{')),actions('rollup_call_2')?['outputs']?['body'],setProperty(json('{}'),'error',concat('no answer of rollup: it took longer than 960 seconds, or could not be asked (status: ',string(coalesce(actions('rollup_call_2')?['outputs']?['statusCode'],'none')),')')))),if(and(equals(actions('rollup_call_3')?['status'],'Succeeded'),startsWith(string(createArray(actions('rollup_call_3')?['outputs']?['body'])),'[{')),actions('rollup_call_3')?['outputs']?['body'],setProperty(json('{}'),'error',concat('no answer of rollup: it took longer than 960 seconds, or could not be asked (status: ',string(coalesce(actions('rollup_call_3')?['outputs']?['statusCode'],'none')),')')))),if(and(equals(actions('rollup_call_4')?['status'],'Succeeded'),startsWith(string(createArray(actions('rollup_call_4')?['outputs']?['body'])),'[{')),actions('rollup_call_4')?['outputs']?['body'],setProperty(json('{}'),'error',concat('no answer of rollup: it took longer than 960 seconds, or could not be asked (status: ',string(coalesce(actions('rollup_call_4')?['outputs']?['statusCode'],'none')),')'))))"
                    runAfter = {
                      rollup_answer_4 = ["Succeeded", "Failed", "Skipped"]
                    }
                  }
                  rollup = {
                    type = "ParseJson"
                    inputs = {
                      content = "@outputs('rollup_outcome')"
                      schema = {
                        type     = "object"
                        required = ["output"]
                      }
                    }
                    runAfter = {
                      rollup_outcome = ["Succeeded"]
                    }
                  }
                }
                runAfter = {
                  wait = ["Succeeded"]
                }
              }
              parallel_branch_2 = {
                type = "Scope"
                actions = {
                  archive_call_1 = {
                    type = "HttpWebhook"
                    inputs = {
                      subscribe = {
                        method = "POST"
                        uri    = "${azurerm_storage_account.workflow_calls.primary_queue_endpoint}${azurerm_storage_queue.archive_calls.name}/messages?messagettl=960"
                        headers = {
                          Content-Type = "application/xml"
                          x-ms-date    = "@utcNow('R')"
                          x-ms-version = "2024-11-04"
                        }
                        body = "@concat('<QueueMessage><MessageText>',base64(string(setProperty(setProperty(json('{}'),'back',listCallbackUrl()),'document',outputs('close_end')))),'</MessageText></QueueMessage>')"
                        authentication = {
                          type     = "ManagedServiceIdentity"
                          audience = "https://storage.azure.com"
                        }
                      }
                      unsubscribe = {}
                    }
                    limit = {
                      timeout = "PT960S"
                    }
                    runAfter = {}
                  }
                  archive_answer_1 = {
                    type = "ParseJson"
                    inputs = {
                      content = "@body('archive_call_1')"
                      schema = {
                        type     = "object"
                        required = ["output"]
                      }
                    }
                    runAfter = {
                      archive_call_1 = ["Succeeded"]
                    }
                  }
                  archive_outcome = {
                    type   = "Compose"
                    inputs = "@if(equals(actions('archive_call_1')?['status'],'Skipped'),null,if(and(equals(actions('archive_call_1')?['status'],'Succeeded'),startsWith(string(createArray(actions('archive_call_1')?['outputs']?['body'])),'[{')),actions('archive_call_1')?['outputs']?['body'],setProperty(json('{}'),'error',concat('no answer of archive: it took longer than 960 seconds, or could not be asked (status: ',string(coalesce(actions('archive_call_1')?['outputs']?['statusCode'],'none')),')'))))"
                    runAfter = {
                      archive_answer_1 = ["Succeeded", "Failed", "Skipped"]
                    }
                  }
                  archive = {
                    type = "ParseJson"
                    inputs = {
                      content = "@outputs('archive_outcome')"
                      schema = {
                        type     = "object"
                        required = ["output"]
                      }
                    }
                    runAfter = {
                      archive_outcome = ["Succeeded"]
                    }
                  }
                }
                runAfter = {
                  wait = ["Succeeded"]
                }
              }
              parallel = {
                type   = "Compose"
                inputs = ["@body('rollup')?['output']", "@body('archive')?['output']"]
                runAfter = {
                  parallel_branch_1 = ["Succeeded"]
                  parallel_branch_2 = ["Succeeded"]
                }
              }
            }
          }
        }
        default = {
          actions = {}
        }
        runAfter = {
          choose_case = ["Succeeded"]
        }
      }
      choose = {
        type   = "Compose"
        inputs = "@if(equals(outputs('choose_case'),'1'),outputs('parallel'),outputs('close_end'))"
        runAfter = {
          choose_choice = ["Succeeded"]
        }
      }
      report_call_1 = {
        type = "HttpWebhook"
        inputs = {
          subscribe = {
            method = "POST"
            uri    = "${azurerm_storage_account.workflow_calls.primary_queue_endpoint}${azurerm_storage_queue.report_calls.name}/messages?messagettl=420"
            headers = {
              Content-Type = "application/xml"
              x-ms-date    = "@utcNow('R')"
              x-ms-version = "2024-11-04"
            }
            body = "@concat('<QueueMessage><MessageText>',base64(string(setProperty(setProperty(json('{}'),'back',listCallbackUrl()),'document',outputs('choose')))),'</MessageText></QueueMessage>')"
            authentication = {
              type     = "ManagedServiceIdentity"
              audience = "https://storage.azure.com"
            }
          }
          unsubscribe = {}
        }
        limit = {
          timeout = "PT420S"
        }
        runAfter = {
          choose = ["Succeeded"]
        }
      }
      report_answer_1 = {
        type = "ParseJson"
        inputs = {
          content = "@body('report_call_1')"
          schema = {
            type     = "object"
            required = ["output"]
          }
        }
        runAfter = {
          report_call_1 = ["Succeeded"]
        }
      }
      report_outcome = {
        type   = "Compose"
        inputs = "@if(equals(actions('report_call_1')?['status'],'Skipped'),null,if(and(equals(actions('report_call_1')?['status'],'Succeeded'),startsWith(string(createArray(actions('report_call_1')?['outputs']?['body'])),'[{')),actions('report_call_1')?['outputs']?['body'],setProperty(json('{}'),'error',concat('no answer of report: it took longer than 420 seconds, or could not be asked (status: ',string(coalesce(actions('report_call_1')?['outputs']?['statusCode'],'none')),')'))))"
        runAfter = {
          choose          = ["Succeeded"]
          report_answer_1 = ["Succeeded", "Failed", "Skipped"]
        }
      }
      report = {
        type = "ParseJson"
        inputs = {
          content = "@outputs('report_outcome')"
          schema = {
            type     = "object"
            required = ["output"]
          }
        }
        runAfter = {
          report_outcome = ["Succeeded"]
        }
      }
      run_limit = {
        type = "Wait"
        inputs = {
          interval = {
            count = 7200
            unit  = "Second"
          }
        }
        runAfter = {}
      }
      run_late = {
        type = "Terminate"
        inputs = {
          runStatus = "Failed"
          runError = {
            code    = "TimedOut"
            message = "the run took longer than 7200 seconds"
          }
        }
        runAfter = {
          run_limit = ["Succeeded"]
        }
      }
      run_done = {
        type = "Terminate"
        inputs = {
          runStatus = "Succeeded"
        }
        runAfter = {
          report = ["Succeeded"]
        }
      }
      run_failed = {
        type = "Terminate"
        inputs = {
          runStatus = "Failed"
          runError = {
            code    = "StepFailed"
            message = "@coalesce(actions('report-failure_outcome')?['outputs']?['error'],actions('rollup_outcome')?['outputs']?['error'],actions('archive_outcome')?['outputs']?['error'],actions('report_outcome')?['outputs']?['error'],'a step failed')"
          }
        }
        runAfter = {
          report = ["Failed", "Skipped", "TimedOut"]
        }
      }
    }
    runAfter = {}
  })

  depends_on = [time_sleep.nightly_asks]
}

resource "azurerm_logic_app_trigger_custom" "nightly_schedule" {
  name         = "schedule"
  logic_app_id = azurerm_logic_app_workflow.nightly.id

  body = jsonencode({
    type = "Recurrence"
    recurrence = {
      frequency = "Day"
      interval  = 1
      startTime = "2026-01-01T00:00:00"
      timeZone  = "Korea Standard Time"
      schedule = {
        hours   = [0]
        minutes = [30]
      }
    }
  })

  depends_on = [azurerm_logic_app_action_custom.nightly]
}
