# One identity per service, which may do what its links say and nothing else.

# A service-linked role of its own: the account's common one may not exist yet when the key's policy names it.
resource "aws_iam_service_linked_role" "autoscaling" {
  aws_service_name = "autoscaling.amazonaws.com"
  custom_suffix    = "bumall-dev"
  description      = "Auto Scaling groups of bumall-dev"
}

resource "aws_iam_role" "virtual_network_flow_log" {
  name        = "bumall-dev-virtual-network-flow-log"
  description = "Delivers the flow logs"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect = "Allow"
      Principal = {
        Service = "vpc-flow-logs.amazonaws.com"
      }
      Action = "sts:AssumeRole"
      Condition = {
        StringEquals = {
          "aws:SourceAccount" = data.aws_caller_identity.current.account_id
        }
      }
    }]
  })
}

resource "aws_iam_role_policy" "virtual_network_flow_log" {
  name = "grants"
  role = aws_iam_role.virtual_network_flow_log.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Deliver"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${aws_cloudwatch_log_group.virtual_network_flow_log.arn}:log-stream:*"
      },
      {
        Sid      = "Streams"
        Effect   = "Allow"
        Action   = "logs:DescribeLogStreams"
        Resource = "${aws_cloudwatch_log_group.virtual_network_flow_log.arn}:*"
      },
      {
        Sid      = "Groups"
        Effect   = "Allow"
        Action   = "logs:DescribeLogGroups"
        Resource = "*"
      },
    ]
  })
}

resource "aws_iam_role" "database_enhanced_monitoring" {
  name        = "bumall-dev-database-enhanced-monitoring"
  description = "Delivers the system metrics of database servers"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect = "Allow"
      Principal = {
        Service = "monitoring.rds.amazonaws.com"
      }
      Action = "sts:AssumeRole"
      Condition = {
        StringEquals = {
          "aws:SourceAccount" = data.aws_caller_identity.current.account_id
        }
      }
    }]
  })
}

resource "aws_iam_role_policy" "database_enhanced_monitoring" {
  name = "grants"
  role = aws_iam_role.database_enhanced_monitoring.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "Group"
        Effect = "Allow"
        Action = ["logs:CreateLogGroup", "logs:PutRetentionPolicy"]
        Resource = [
          "arn:aws:logs:ap-northeast-2:${data.aws_caller_identity.current.account_id}:log-group:RDSOSMetrics",
          "arn:aws:logs:ap-northeast-2:${data.aws_caller_identity.current.account_id}:log-group:RDSOSMetrics:*",
        ]
      },
      {
        Sid      = "Find"
        Effect   = "Allow"
        Action   = "logs:DescribeLogStreams"
        Resource = "arn:aws:logs:ap-northeast-2:${data.aws_caller_identity.current.account_id}:log-group:RDSOSMetrics:*"
      },
      {
        Sid      = "Deliver"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:GetLogEvents", "logs:PutLogEvents"]
        Resource = "arn:aws:logs:ap-northeast-2:${data.aws_caller_identity.current.account_id}:log-group:RDSOSMetrics:log-stream:*"
      },
    ]
  })
}

resource "aws_iam_role" "machine_disk_snapshots" {
  name        = "bumall-dev-machine-disk-snapshots"
  description = "Takes and removes the snapshots of disks"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect = "Allow"
      Principal = {
        Service = "dlm.amazonaws.com"
      }
      Action = "sts:AssumeRole"
      Condition = {
        StringEquals = {
          "aws:SourceAccount" = data.aws_caller_identity.current.account_id
        }
      }
    }]
  })
}

resource "aws_iam_role_policy" "machine_disk_snapshots" {
  name = "grants"
  role = aws_iam_role.machine_disk_snapshots.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Take"
        Effect   = "Allow"
        Action   = "ec2:CreateSnapshot"
        Resource = "arn:aws:ec2:ap-northeast-2:${data.aws_caller_identity.current.account_id}:volume/*"
        Condition = {
          StringEquals = {
            "aws:ResourceTag/snapshots" = "bumall-dev"
          }
        }
      },
      {
        Sid      = "Keep"
        Effect   = "Allow"
        Action   = ["ec2:CreateSnapshot", "ec2:CreateTags"]
        Resource = "arn:aws:ec2:ap-northeast-2::snapshot/*"
      },
      {
        Sid      = "Remove"
        Effect   = "Allow"
        Action   = "ec2:DeleteSnapshot"
        Resource = "arn:aws:ec2:ap-northeast-2::snapshot/*"
        Condition = {
          StringEquals = {
            "aws:ResourceTag/snapshots" = "bumall-dev"
          }
        }
      },
      {
        Sid      = "Find"
        Effect   = "Allow"
        Action   = ["ec2:DescribeInstances", "ec2:DescribeSnapshots", "ec2:DescribeVolumes"]
        Resource = "*"
      },
    ]
  })
}

resource "aws_iam_role" "kubernetes_control_plane" {
  name        = "bumall-dev-kubernetes-control-plane"
  description = "The control plane of the Kubernetes cluster"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect = "Allow"
      Principal = {
        Service = "eks.amazonaws.com"
      }
      Action = "sts:AssumeRole"
      Condition = {
        StringEquals = {
          "aws:SourceAccount" = data.aws_caller_identity.current.account_id
        }
      }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "kubernetes_control_plane" {
  role       = aws_iam_role.kubernetes_control_plane.name
  policy_arn = "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"
}

resource "aws_iam_role_policy" "kubernetes_control_plane" {
  name = "grants"
  role = aws_iam_role.kubernetes_control_plane.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "EncryptSecrets"
      Effect   = "Allow"
      Action   = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt"]
      Resource = aws_kms_key.data.arn
    }]
  })
}

# The cluster vouches for the service accounts of its pods: each role below names the one that may take it on.
resource "aws_iam_openid_connect_provider" "main" {
  url            = aws_eks_cluster.main.identity[0].oidc[0].issuer
  client_id_list = ["sts.amazonaws.com"]

  tags = {
    Name = "bumall-dev-kubernetes"
  }
}

locals {
  kubernetes_issuer = trimprefix(aws_eks_cluster.main.identity[0].oidc[0].issuer, "https://")
}

resource "aws_iam_role" "kubernetes_network_plugin" {
  name        = "bumall-dev-kubernetes-network-plugin"
  description = "Gives pods addresses of the network"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect = "Allow"
      Principal = {
        Federated = aws_iam_openid_connect_provider.main.arn
      }
      Action = "sts:AssumeRoleWithWebIdentity"
      Condition = {
        StringEquals = {
          ("${local.kubernetes_issuer}:aud") = "sts.amazonaws.com"
          ("${local.kubernetes_issuer}:sub") = "system:serviceaccount:kube-system:aws-node"
        }
      }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "kubernetes_network_plugin" {
  role       = aws_iam_role.kubernetes_network_plugin.name
  policy_arn = "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy"
}

resource "aws_iam_role" "system_nodes_of_kubernetes" {
  name        = "bumall-dev-system-nodes-of-kubernetes"
  description = "The machines that pods run on; pods have roles of their own"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect = "Allow"
      Principal = {
        Service = "ec2.amazonaws.com"
      }
      Action = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy_attachment" "system_nodes_of_kubernetes" {
  role       = aws_iam_role.system_nodes_of_kubernetes.name
  policy_arn = "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"
}

resource "aws_iam_role_policy" "system_nodes_of_kubernetes" {
  name = "grants"
  role = aws_iam_role.system_nodes_of_kubernetes.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "PullImageOfOthers"
        Effect   = "Allow"
        Action   = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
        Resource = "*"
        Condition = {
          StringNotEquals = {
            "aws:ResourceAccount" = data.aws_caller_identity.current.account_id
          }
        }
      },
      {
        Sid      = "RegistryLogin"
        Effect   = "Allow"
        Action   = "ecr:GetAuthorizationToken"
        Resource = "*"
      },
      {
        Sid      = "SessionAgent"
        Effect   = "Allow"
        Action   = "ssm:UpdateInstanceInformation"
        Resource = "arn:aws:ec2:ap-northeast-2:${data.aws_caller_identity.current.account_id}:instance/*"
      },
      {
        Sid    = "SessionChannels"
        Effect = "Allow"
        Action = [
          "ssmmessages:CreateControlChannel",
          "ssmmessages:CreateDataChannel",
          "ssmmessages:OpenControlChannel",
          "ssmmessages:OpenDataChannel",
        ]
        Resource = "*"
      },
    ]
  })
}

resource "aws_iam_role" "kubernetes_message_counter" {
  name        = "bumall-dev-kubernetes-message-counter"
  description = "KEDA, which counts the messages that wait"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect = "Allow"
      Principal = {
        Federated = aws_iam_openid_connect_provider.main.arn
      }
      Action = "sts:AssumeRoleWithWebIdentity"
      Condition = {
        StringEquals = {
          ("${local.kubernetes_issuer}:aud") = "sts.amazonaws.com"
          ("${local.kubernetes_issuer}:sub") = "system:serviceaccount:keda:keda-operator"
        }
      }
    }]
  })
}

resource "aws_iam_role_policy" "kubernetes_message_counter" {
  name = "grants"
  role = aws_iam_role.kubernetes_message_counter.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "CountMessages"
      Effect   = "Allow"
      Action   = "sqs:GetQueueAttributes"
      Resource = [aws_sqs_queue.ship_orders.arn, aws_sqs_queue.ship_worker_from_pay_paid.arn]
    }]
  })
}

resource "aws_iam_role" "kubernetes_cluster_autoscaler" {
  name        = "bumall-dev-kubernetes-cluster-autoscaler"
  description = "Changes the number of the cluster's nodes"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect = "Allow"
      Principal = {
        Federated = aws_iam_openid_connect_provider.main.arn
      }
      Action = "sts:AssumeRoleWithWebIdentity"
      Condition = {
        StringEquals = {
          ("${local.kubernetes_issuer}:aud") = "sts.amazonaws.com"
          ("${local.kubernetes_issuer}:sub") = "system:serviceaccount:kube-system:cluster-autoscaler"
        }
      }
    }]
  })
}

resource "aws_iam_role_policy" "kubernetes_cluster_autoscaler" {
  name = "grants"
  role = aws_iam_role.kubernetes_cluster_autoscaler.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "Look"
        Effect = "Allow"
        Action = [
          "autoscaling:DescribeAutoScalingGroups",
          "autoscaling:DescribeAutoScalingInstances",
          "autoscaling:DescribeLaunchConfigurations",
          "autoscaling:DescribeScalingActivities",
          "autoscaling:DescribeTags",
          "ec2:DescribeImages",
          "ec2:DescribeInstanceTypes",
          "ec2:DescribeLaunchTemplateVersions",
          "ec2:GetInstanceTypesFromInstanceRequirements",
        ]
        Resource = "*"
      },
      {
        Sid      = "LookAtPools"
        Effect   = "Allow"
        Action   = "eks:DescribeNodegroup"
        Resource = "arn:aws:eks:ap-northeast-2:${data.aws_caller_identity.current.account_id}:nodegroup/bumall-dev/*/*"
      },
      {
        Sid      = "Scale"
        Effect   = "Allow"
        Action   = ["autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"]
        Resource = "*"
        Condition = {
          StringEquals = {
            "aws:ResourceTag/k8s.io/cluster-autoscaler/bumall-dev" = "owned"
          }
        }
      },
    ]
  })
}

resource "aws_iam_role" "kubernetes_pod_log_collector" {
  name        = "bumall-dev-kubernetes-pod-log-collector"
  description = "Writes what pods write into log groups"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect = "Allow"
      Principal = {
        Federated = aws_iam_openid_connect_provider.main.arn
      }
      Action = "sts:AssumeRoleWithWebIdentity"
      Condition = {
        StringEquals = {
          ("${local.kubernetes_issuer}:aud") = "sts.amazonaws.com"
          ("${local.kubernetes_issuer}:sub") = "system:serviceaccount:kube-system:fluent-bit"
        }
      }
    }]
  })
}

resource "aws_iam_role_policy" "kubernetes_pod_log_collector" {
  name = "grants"
  role = aws_iam_role.kubernetes_pod_log_collector.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid    = "Logs"
      Effect = "Allow"
      Action = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = [
        "${aws_cloudwatch_log_group.kubernetes_cluster_parts.arn}:log-stream:*",
        "${aws_cloudwatch_log_group.ship_api.arn}:log-stream:*",
        "${aws_cloudwatch_log_group.ship_worker.arn}:log-stream:*",
      ]
    }]
  })
}
